import { createPublicKey } from 'node:crypto';
import { privateKeyOf, publicKeyOf } from '@hookwright/signing';
import { uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Setting, startSetting } from '../spec/setting.ts';
import { problemOf, type Vault } from '../spec/vault.ts';
import type { OpenedSecret } from './signing-secrets.service.ts';

const DAY_SECONDS = 86_400;

let setting: Setting;
let vault: Vault;

beforeAll(async () => {
  setting = await startSetting();
  ({ vault } = setting);
});

afterAll(() => setting.stop());

const newApp = (): string => uniqueName('app');

async function openedOf(appId: string): Promise<readonly OpenedSecret[]> {
  const [app] = await vault.open([appId]);
  return app?.secrets ?? [];
}

const schemesOf = async (appId: string): Promise<string[]> => (await openedOf(appId)).map(({ scheme }) => scheme);

describe('a secret of ed25519', () => {
  it('shows its public key, and its private one only to those who sign', async () => {
    const appId = newApp();
    const { info, secret } = await vault.secrets.create({ appId, scheme: 'v1a' });
    expect(secret).toBe('');
    expect(info).toMatchObject({ scheme: 'v1a', prefix: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{2}$/) });
    const [opened] = await openedOf(appId);
    expect(opened).toMatchObject({ id: info.id, scheme: 'v1a' });
    expect(createPublicKey(privateKeyOf(opened!.key)).equals(publicKeyOf(info.publicKey!))).toBe(true);
    const [listed] = await vault.secrets.list([appId]);
    expect(Buffer.from(listed!.publicKey!).equals(info.publicKey!)).toBe(true);
  });

  it('is followed by one of its scheme, and keeps its public key while it signs', async () => {
    const appId = newApp();
    const first = await vault.secrets.create({ appId, scheme: 'v1a' });
    const second = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false });
    expect(await schemesOf(appId)).toEqual(['v1a', 'v1a']);
    const keys = (await vault.secrets.list([appId])).map(({ publicKey }) => Buffer.from(publicKey!).toString('hex'));
    expect(keys).toEqual([second, first].map(({ info }) => Buffer.from(info.publicKey!).toString('hex')));
  });
});

describe('a change of scheme', () => {
  it('is a rotation: during the overlap both sign', async () => {
    const appId = newApp();
    const first = await vault.secrets.create({ appId });
    const second = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false, scheme: 'v1a' });
    expect(second.previous.id).toBe(first.info.id);
    expect(await schemesOf(appId)).toEqual(['v1a', 'v1']);
    expect((await problemOf(vault.secrets.rotate({ appId, overlapSeconds: 0, force: false, scheme: 'v1' }))).code).toBe(
      'rotation_in_progress',
    );
    const third = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: true, scheme: 'v1' });
    expect(third.secret).toMatch(/^whsec_/);
    expect(await schemesOf(appId)).toEqual(['v1', 'v1a']);
  });

  it('is not undone by a rotation at the same time that asks for none', async () => {
    for (let turn = 0; turn < 10; turn++) {
      const appId = newApp();
      await vault.secrets.create({ appId });
      const rotation = { appId, overlapSeconds: DAY_SECONDS, force: true };
      const [changed, other] = await Promise.allSettled([
        vault.secrets.rotate({ ...rotation, scheme: 'v1a' }),
        vault.secrets.rotate(rotation),
      ]);
      expect(changed.status).toBe('fulfilled');
      if (other.status === 'rejected') expect(other.reason).toMatchObject({ code: 'conflict' });
      expect((await schemesOf(appId))[0]).toBe('v1a');
    }
  });
});
