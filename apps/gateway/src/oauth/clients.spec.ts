import { create } from '@bufbuild/protobuf';
import { AppSchema } from '@hookwright/contracts';
import { describe, expect, it } from '@jest/globals';
import { app } from '../spec/samples.ts';
import { clientMetadata } from './clients.ts';

const metadata = (more: object) => clientMetadata(create(AppSchema, { ...app, ...more }));

describe("a client's metadata", () => {
  it('lets an app without redirect URIs ask for tokens of its own only', () => {
    expect(metadata({})).toMatchObject({
      client_id: 'client_1',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    });
  });

  it('lets one with redirect URIs be installed, with answers in the query only', () => {
    expect(metadata({ redirectUris: ['https://a.example/cb'] })).toMatchObject({
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      response_modes: ['query'],
    });
  });

  it('has either keys or a secret, which is not here', () => {
    const keys = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'a' }] };
    expect(metadata({ jwksJson: JSON.stringify(keys) })).toMatchObject({ token_endpoint_auth_method: 'private_key_jwt', jwks: keys });
    expect(metadata({ jwksJson: JSON.stringify(keys) })).not.toHaveProperty('client_secret');
    expect(metadata({})).toMatchObject({ token_endpoint_auth_method: 'client_secret_basic' });
    expect(metadata({})).not.toHaveProperty('jwks');
  });

  it('has nothing that the server would fetch', () => {
    expect(Object.keys(metadata({ redirectUris: ['https://a.example/cb'] })).filter((name) => /_uri$|request_uris/.test(name))).toEqual([]);
  });

  it('knows the app and the scopes it may ask for', () => {
    const permissions = [
      { id: 'a', title: 'A', scopes: ['orders.read', 'orders.write'] },
      { id: 'b', title: 'B', scopes: ['orders.read'], optional: true },
    ];
    expect(metadata({ permissions })).toMatchObject({
      hookwright_app: { id: 'app_1', mode: 'live', scopes: ['orders.read', 'orders.write'] },
    });
  });
});
