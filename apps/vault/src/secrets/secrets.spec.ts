import { asProblem, withActor } from '@hookwright/runtime';
import { eventually, type TestDatabase, uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Announced } from '../spec/announced.ts';
import { type Setting, startSetting } from '../spec/setting.ts';
import { after, problemOf, Vault } from '../spec/vault.ts';

const DAY_SECONDS = 86_400;

let setting: Setting;
let brokers: string[];
let database: TestDatabase;
let vault: Vault;
let announced: Announced;

beforeAll(async () => {
  setting = await startSetting();
  ({ brokers, database, vault, announced } = setting);
});

afterAll(() => setting.stop());

const newApp = (): string => uniqueName('app');

describe('creating', () => {
  it('gives the text once, and the same bytes to those who sign', async () => {
    const appId = newApp();
    const { info, secret } = await vault.secrets.create({ appId });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(info).toMatchObject({ appId, scheme: 'v1', prefix: secret.slice(0, 8), expiresAt: null });
    expect(await vault.signingKeys(appId)).toEqual([secret]);
    await eventually(() => expect(announced.of(appId)).toEqual([[[info.id, undefined]]]));
  });

  it('starts afresh when the app has live secrets: those end at once', async () => {
    const appId = newApp();
    const lost = await vault.secrets.create({ appId });
    const kept = await vault.secrets.create({ appId });
    expect(await vault.signingKeys(appId)).toEqual([kept.secret]);
    await eventually(() => expect(announced.of(appId)).toEqual([[[lost.info.id, undefined]], [[kept.info.id, undefined]]]));
  });

  it('leaves one current secret when several calls race', async () => {
    const appId = newApp();
    const created = await Promise.all(Array.from({ length: 6 }, () => vault.secrets.create({ appId })));
    const [key, ...more] = await vault.signingKeys(appId);
    expect(more).toEqual([]);
    expect(created.map(({ secret }) => secret)).toContain(key);
  });
});

describe('rotating', () => {
  it('keeps both secrets live during the overlap, the new one first', async () => {
    const appId = newApp();
    const now = new Date();
    const first = await vault.secrets.create({ appId }, now);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false }, now);
    const end = after(now, DAY_SECONDS);
    expect(second.previous).toEqual({ id: first.info.id, expiresAt: end });
    expect(await vault.signingKeys(appId, after(now, DAY_SECONDS - 1))).toEqual([second.secret, first.secret]);
    expect(await vault.signingKeys(appId, end)).toEqual([second.secret]);
    await eventually(() =>
      expect(announced.of(appId).at(-1)).toEqual([
        [second.info.id, undefined],
        [first.info.id, end.getTime()],
      ]),
    );
  });

  it('ends the previous secret at once with overlap 0, and removes its key material', async () => {
    const appId = newApp();
    const first = await vault.secrets.create({ appId });
    const now = new Date();
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 0, force: false }, now);
    expect(second.previous).toEqual({ id: first.info.id, expiresAt: now });
    expect(await vault.signingKeys(appId, now)).toEqual([second.secret]);
    const { rows } = await database.pool.query('SELECT ciphertext, wrapped_key, expires_at FROM secret WHERE id = $1', [first.info.id]);
    expect(rows).toEqual([{ ciphertext: null, wrapped_key: null, expires_at: now }]);
    await eventually(() => expect(announced.of(appId).at(-1)).toEqual([[second.info.id, undefined]]));
  });

  it('is refused inside an open overlap and changes nothing; by force the oldest ends', async () => {
    const appId = newApp();
    const first = await vault.secrets.create({ appId });
    const second = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false });
    const refused = await problemOf(vault.secrets.rotate({ appId, overlapSeconds: 0, force: false }));
    expect(refused.code).toBe('rotation_in_progress');
    expect(await vault.signingKeys(appId)).toEqual([second.secret, first.secret]);
    const third = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: true });
    expect(third.previous.id).toBe(second.info.id);
    expect(await vault.signingKeys(appId)).toEqual([third.secret, second.secret]);
  });

  it('keeps who asked and why with the new secret', async () => {
    const appId = newApp();
    const rotation = { appId, overlapSeconds: 60, force: false, reason: 'it was in a log\nof ours' };
    await withActor({ kind: 'partner', id: 'key_1', requestId: 'req_1' }, () => vault.secrets.create({ appId }));
    await withActor({ kind: 'partner', id: 'key_2', requestId: 'req_2' }, () => vault.secrets.rotate(rotation));
    expect(await vault.secrets.list([appId])).toMatchObject([
      { createdBy: 'key_2', reason: 'it was in a log\nof ours' },
      { createdBy: 'key_1', reason: '' },
    ]);
  });

  it('is possible again once the overlap is over', async () => {
    const appId = newApp();
    const now = new Date();
    await vault.secrets.create({ appId }, now);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false }, now);
    const third = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false }, after(now, 60));
    expect(await vault.signingKeys(appId, after(now, 61))).toEqual([third.secret, second.secret]);
  });

  it('lets one of two concurrent rotations win; the other finds it in progress', async () => {
    const appId = newApp();
    const first = await vault.secrets.create({ appId });
    const rotate = (): Promise<{ secret: string }> => vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false });
    const results = await Promise.allSettled([rotate(), rotate()]);
    const won = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value.secret);
    const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => asProblem(reason).code);
    expect(won).toHaveLength(1);
    expect(refused).toEqual(['rotation_in_progress']);
    expect(await vault.signingKeys(appId)).toEqual([...won, first.secret]);
  });

  it('loses no key when many replicas rotate by force at once: each one follows exactly one other', async () => {
    const appId = newApp();
    const other = new Vault(database.url, brokers);
    const first = await vault.secrets.create({ appId });
    const rotations = await Promise.all(
      Array.from({ length: 12 }, (_, turn) =>
        (turn % 2 === 0 ? vault : other).secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: true }),
      ),
    );
    await other.stop();
    const followed = rotations.map(({ previous }) => previous.id);
    expect(new Set(followed).size).toBe(12);
    const last = rotations.find(({ info }) => !followed.includes(info.id))!;
    expect(new Set([last.info.id, ...followed])).toEqual(new Set([first, ...rotations].map(({ info }) => info.id)));
    const live = [last.info.id, last.previous.id];
    expect(await vault.liveIds(appId)).toEqual(live);
    await eventually(() =>
      expect(
        announced
          .of(appId)
          .at(-1)
          ?.map(([id]) => id),
      ).toEqual(live),
    );
  });

  it('does not know an app without secrets', async () => {
    expect((await problemOf(vault.secrets.rotate({ appId: newApp(), overlapSeconds: 0, force: true }))).code).toBe('not_found');
  });
});

describe('revoking', () => {
  it('ends the previous secret early', async () => {
    const appId = newApp();
    const first = await vault.secrets.create({ appId });
    const second = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false });
    await vault.secrets.revoke(appId, first.info.id);
    expect(await vault.signingKeys(appId)).toEqual([second.secret]);
    await eventually(() => expect(announced.of(appId).at(-1)).toEqual([[second.info.id, undefined]]));
    expect((await problemOf(vault.secrets.revoke(appId, first.info.id))).code).toBe('not_found');
  });

  it('lifts the end of the older secret when the newer one is revoked, so that the app never runs out', async () => {
    const appId = newApp();
    const first = await vault.secrets.create({ appId });
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false });
    await vault.secrets.revoke(appId, second.info.id);
    expect(await vault.signingKeys(appId, after(new Date(), DAY_SECONDS))).toEqual([first.secret]);
    await eventually(() => expect(announced.of(appId).at(-1)).toEqual([[first.info.id, undefined]]));
  });

  it('keeps the last one, also when two revocations race', async () => {
    const appId = newApp();
    const first = await vault.secrets.create({ appId });
    expect((await problemOf(vault.secrets.revoke(appId, first.info.id))).code).toBe('last_secret');
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false });
    const race = [first, second].map(({ info }) => problemOf(vault.secrets.revoke(appId, info.id)));
    expect((await Promise.all(race)).map(({ code }) => code)).toContain('last_secret');
    expect(await vault.liveIds(appId)).toHaveLength(1);
  });

  it("does not know another app's secret", async () => {
    const [mine, theirs] = [newApp(), newApp()];
    await vault.secrets.create({ appId: mine });
    const { info } = await vault.secrets.create({ appId: theirs });
    expect((await problemOf(vault.secrets.revoke(mine, info.id))).code).toBe('not_found');
    expect(await vault.liveIds(theirs)).toEqual([info.id]);
  });
});

describe('erasing', () => {
  it('leaves neither rows nor keys, and announces it with a tombstone; once more changes nothing', async () => {
    const appId = newApp();
    await vault.secrets.create({ appId });
    await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false });
    await vault.secrets.erase(appId);
    await vault.secrets.erase(appId);
    const { rowCount } = await database.pool.query('SELECT 1 FROM secret WHERE app_id = $1', [appId]);
    expect(rowCount).toBe(0);
    expect(await vault.open([appId])).toEqual([{ appId, secrets: [], fault: 'it has no live signing secret' }]);
    await eventually(() => expect(announced.snapshotsOf(appId).slice(2)).toEqual([null, null]));
  });

  it('lets the app start again', async () => {
    const appId = newApp();
    await vault.secrets.create({ appId });
    await vault.secrets.erase(appId);
    const { secret } = await vault.secrets.create({ appId });
    expect(await vault.signingKeys(appId)).toEqual([secret]);
  });
});
