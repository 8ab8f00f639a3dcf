import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { Scheme } from '@hookwright/contracts';
import { Problem } from '@hookwright/runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, call } from '../spec/gateway.ts';
import { secret } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

const PATH = 'GET /v1/.well-known/webhook-keys';

let setting: Setting;
let gateway: Gateway;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway } = setting);
});

afterAll(() => setting.stop());

beforeEach(() => gateway.expectNothing());

describe("an app's public keys", () => {
  it('verify what its private keys signed, whoever asks for them', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const bytes = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    gateway.vault.handlers.listSecrets = ({ appIds }) => {
      expect(appIds).toEqual(['app_1']);
      const pair = { ...secret, id: 'sec_2', scheme: Scheme.V1A, prefix: 'whpk_ab', publicKey: new Uint8Array(bytes) };
      return { secrets: [pair, secret] };
    };
    const { status, headers, body } = await call(gateway, `${PATH}?app_id=app_1`);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=60');
    expect(body).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url'), kid: 'sec_2', use: 'sig', alg: 'EdDSA' }],
    });
    const [jwk] = body['keys'] as { kty: string; crv: string; x: string }[];
    const text = Buffer.from('evt_1.1795600000.{}');
    expect(verify(null, text, createPublicKey({ key: jwk!, format: 'jwk' }), sign(null, text, privateKey))).toBe(true);
  });

  it('are none for an app that signs with v1, and for one that nobody has', async () => {
    gateway.vault.handlers.listSecrets = ({ appIds }) => ({ secrets: appIds[0] === 'app_1' ? [secret] : [] });
    for (const appId of ['app_1', 'app_2']) {
      expect(await call(gateway, `${PATH}?app_id=${appId}`)).toMatchObject({ status: 200, body: { keys: [] } });
    }
  });

  it.each([
    ['missing_field', ''],
    ['invalid_field', '?app_id='],
    ['invalid_field', '?app_id=1'],
    ['invalid_field', `?app_id=app_${'a'.repeat(65)}`],
    ['invalid_field', '?app_id=app_1&app_id=app_2'],
  ])('are of one app: %s for %j', async (code, query) => {
    expect(await call(gateway, PATH + query)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/app_id', code }] } });
  });

  it('are not to be had while the vault is away, and that is not kept', async () => {
    gateway.vault.handlers.listSecrets = () => {
      throw new Problem('service_unavailable', 'The vault is away.', { retryAfterSeconds: 2 });
    };
    const { status, headers } = await call(gateway, `${PATH}?app_id=app_1`);
    expect([status, headers.get('cache-control'), headers.get('retry-after')]).toEqual([503, 'no-store', '2']);
  });
});
