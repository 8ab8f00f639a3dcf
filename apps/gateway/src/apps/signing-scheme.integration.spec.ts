import { Scheme } from '@hookwright/contracts';
import { Problem, validationFailed } from '@hookwright/runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answered, type Gateway, call } from '../spec/gateway.ts';
import { app, secret, webhook } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

const HOOKS = 'https://shipit.example/hooks';
const publicKey = new Uint8Array(32).fill(1);
const PUBLIC_KEY_TEXT = `whpk_${Buffer.from(publicKey).toString('base64')}`;
const pair = { ...secret, id: 'sec_pair', scheme: Scheme.V1A, prefix: 'whpk_AQ', publicKey };

let setting: Setting;
let gateway: Gateway;
let key: string;
/** What the services were asked to change, in order. */
let calls: string[];

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, key } = setting);
});

afterAll(() => setting.stop());

beforeEach(() => {
  calls = [];
  gateway.expectNothing();
  gateway.registry.handlers.getApp = () => ({ app: { ...app, webhook } });
  gateway.registry.handlers.createApp = ({ appId }) => ({ app: { ...app, id: appId, webhook } });
  gateway.registry.handlers.updateApp = ({ app: patch }) => {
    const change = patch?.webhookChange;
    calls.push(`update ${String(change?.case)}`);
    return { app: { ...app, webhook } };
  };
  gateway.vault.handlers.listSecrets = () => ({ secrets: [secret] });
  gateway.vault.handlers.createSecret = ({ scheme }) => {
    calls.push(`create ${Scheme[scheme]}`);
    return scheme === Scheme.V1A ? { info: pair, secret: '' } : { info: secret, secret: 'whsec_secret' };
  };
  gateway.vault.handlers.rotateSecret = ({ scheme, overlapSeconds }) => {
    calls.push(`rotate ${Scheme[scheme]} ${overlapSeconds}`);
    const made = scheme === Scheme.V1 ? { info: { ...secret, id: 'sec_2' }, secret: 'whsec_new' } : { info: pair, secret: '' };
    return { ...made, previousSecretId: 'sec_1', previousSecretExpiresAtMs: 1_795_700_000_000n };
  };
});

const patch = (signing: unknown, more: object = {}): Promise<Answered> =>
  call(gateway, 'PATCH /v1/apps/app_1', { key, body: { webhook: { signing, ...more } } });

describe('the signing scheme', () => {
  it('is chosen with the endpoint: of v1a the public key is shown, and no secret', async () => {
    const body = { name: 'Ship It', webhook: { url: HOOKS, signing: { scheme: 'v1a' } } };
    const created = await call(gateway, 'POST /v1/apps', { key, body });
    expect(created).toMatchObject({
      status: 201,
      body: {
        webhook: { public_key: PUBLIC_KEY_TEXT, signing: { scheme: 'v1a', secrets: [{ scheme: 'v1a', public_key: PUBLIC_KEY_TEXT }] } },
      },
    });
    expect(created.body['webhook']).not.toHaveProperty('secret');
    expect(calls).toEqual(['create V1A']);
  });

  it('is chosen with an endpoint that is added later', async () => {
    gateway.registry.handlers.getApp = () => ({ app });
    expect(await patch({ scheme: 'v1a' }, { url: HOOKS })).toMatchObject({
      status: 200,
      body: { webhook: { public_key: PUBLIC_KEY_TEXT } },
    });
    expect(calls).toEqual(['create V1A', 'update webhook']);
  });

  it('is changed by a rotation with an overlap of a day', async () => {
    const { status, body } = await patch({ scheme: 'v1a' }, { max_concurrency: 5 });
    expect({ status, body }).toMatchObject({ status: 200 });
    expect(calls).toEqual(['update webhook', 'rotate V1A 86400']);
    expect(body['webhook']).toMatchObject({
      public_key: PUBLIC_KEY_TEXT,
      signing: {
        scheme: 'v1a',
        secrets: [
          { id: 'sec_pair', scheme: 'v1a', expires_at: null },
          { id: 'sec_1', scheme: 'v1', public_key: null, expires_at: '2026-11-26T13:33:20.000Z' },
        ],
      },
    });
    expect(body['webhook']).not.toHaveProperty('secret');
  });

  it('is changed back, with a new secret', async () => {
    gateway.vault.handlers.listSecrets = () => ({ secrets: [pair] });
    expect(await patch({ scheme: 'v1' })).toMatchObject({
      status: 200,
      body: { webhook: { secret: 'whsec_new', signing: { scheme: 'v1' } } },
    });
    expect(calls).toEqual(['update webhook', 'rotate V1 86400']);
  });

  it('that it has already changes nothing', async () => {
    const { status, body } = await patch({ scheme: 'v1' });
    expect({ status, body }).toMatchObject({ status: 200, body: { webhook: { signing: { scheme: 'v1' } } } });
    expect(body['webhook']).not.toHaveProperty('secret');
    expect(calls).toEqual(['update webhook']);
  });

  it('is not changed inside an open overlap, nor is anything else of the patch', async () => {
    gateway.vault.handlers.listSecrets = () => ({ secrets: [{ ...secret, id: 'sec_2' }, secret] });
    expect(await patch({ scheme: 'v1a' }, { max_concurrency: 5 })).toMatchObject({ status: 409, body: { code: 'rotation_in_progress' } });
    expect(calls).toEqual([]);
  });

  it('is not changed by a patch that the registry refuses', async () => {
    gateway.registry.handlers.updateApp = () => {
      throw validationFailed([{ pointer: '/webhook/url', code: 'url_blocked', message: 'leads to 127.0.0.1' }]);
    };
    expect((await patch({ scheme: 'v1a' }, { url: 'https://127.0.0.1' })).status).toBe(422);
    expect(calls).toEqual([]);
  });

  it('is changed by the same patch once more when the vault was away', async () => {
    const rotateSecret = gateway.vault.handlers.rotateSecret;
    gateway.vault.handlers.rotateSecret = () => {
      throw new Problem('service_unavailable', 'The vault is away.');
    };
    expect((await patch({ scheme: 'v1a' })).status).toBe(503);
    if (rotateSecret !== undefined) gateway.vault.handlers.rotateSecret = rotateSecret;
    expect((await patch({ scheme: 'v1a' })).status).toBe(200);
    expect(calls).toEqual(['update webhook', 'update webhook', 'rotate V1A 86400']);
  });

  it('stays when the secret is rotated, and the new public key is shown', async () => {
    const { status, body } = await call(gateway, 'POST /v1/apps/app_1/rotate-secret', { key });
    expect({ status, body }).toMatchObject({ status: 200, body: { public_key: PUBLIC_KEY_TEXT, secret_id: 'sec_pair' } });
    expect(body).not.toHaveProperty('secret');
    expect(calls).toEqual(['rotate UNSPECIFIED 86400']);
  });

  it.each([[{ scheme: 'v2' }], [{}], [null], ['v1a'], [{ scheme: 'v1a', secrets: [] }]])('cannot be %j', async (signing) => {
    expect((await patch(signing)).status).toBe(422);
    expect(calls).toEqual([]);
  });
});
