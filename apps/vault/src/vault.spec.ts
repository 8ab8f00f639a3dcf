import { createPublicKey } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import {
  CreateSecretRequestSchema,
  GetSigningSecretsRequestSchema,
  ListSecretsRequestSchema,
  RevokeSecretRequestSchema,
  RotateSecretRequestSchema,
  Scheme,
} from '@hookwright/contracts';
import { callerMetadata, withActor } from '@hookwright/runtime';
import { parseSecret, privateKeyOf, publicKeyOf } from '@hookwright/signing';
import { createDatabase, eventually, freePort, type TestDatabase, uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Announced } from './spec/announced.ts';
import { type Setting, startSetting } from './spec/setting.ts';
import { after, MASTER_KEY, problemOf, READER, Vault } from './spec/vault.ts';

const DAY_SECONDS = 86_400;
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- of a version to come
const UNKNOWN_SCHEME = 99 as Scheme;

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

describe('reading', () => {
  it('lists the live secrets of several apps, each newest first, without key material', async () => {
    const apps = [newApp(), newApp(), newApp()];
    const first = await vault.secrets.create({ appId: apps[0]! });
    const second = await vault.secrets.rotate({ appId: apps[0]!, overlapSeconds: 60, force: false });
    const other = await vault.secrets.create({ appId: apps[1]! });
    const rows = await vault.secrets.list(apps);
    expect(rows.filter(({ appId }) => appId === apps[0]).map(({ id }) => id)).toEqual([second.info.id, first.info.id]);
    expect(rows.filter(({ appId }) => appId !== apps[0]).map(({ id }) => id)).toEqual([other.info.id]);
    expect(Object.keys(rows[0]!).sort()).toEqual([
      'appId',
      'createdAt',
      'createdBy',
      'expiresAt',
      'id',
      'lastUsedAt',
      'prefix',
      'publicKey',
      'reason',
      'scheme',
    ]);
  });

  it('notes the last use, at most once a minute', async () => {
    const appId = newApp();
    const now = new Date();
    const lastUse = async (): Promise<Date | null> => (await vault.secrets.list([appId]))[0]!.lastUsedAt;
    await vault.secrets.create({ appId }, now);
    expect(await lastUse()).toBeNull();
    await vault.open([appId], now);
    await eventually(async () => expect(await lastUse()).toEqual(now));
    await vault.open([appId], after(now, 59));
    await vault.open([appId], after(now, 61));
    await eventually(async () => expect(await lastUse()).toEqual(after(now, 61)));
  });

  it('keeps a corrupted secret to its app', async () => {
    const [broken, healthy] = [newApp(), newApp()];
    const { info } = await vault.secrets.create({ appId: broken });
    const { secret } = await vault.secrets.create({ appId: healthy });
    await database.pool.query('UPDATE secret SET ciphertext = set_byte(ciphertext, 20, get_byte(ciphertext, 20) # 1) WHERE id = $1', [
      info.id,
    ]);
    expect(await vault.open([broken, healthy])).toEqual([
      { appId: broken, secrets: [], fault: 'a secret of it cannot be decrypted' },
      { appId: healthy, secrets: [expect.objectContaining({ key: keyOf(secret) })], fault: '' },
    ]);
  });

  it("does not open another app's ciphertext that was copied into a row", async () => {
    const [thief, owner] = [newApp(), newApp()];
    const { info } = await vault.secrets.create({ appId: thief });
    const { info: theirs } = await vault.secrets.create({ appId: owner });
    await database.pool.query(
      'UPDATE secret s SET ciphertext = o.ciphertext, wrapped_key = o.wrapped_key FROM secret o WHERE s.id = $1 AND o.id = $2',
      [info.id, theirs.id],
    );
    expect(await vault.signingKeys(thief)).toEqual([]);
  });
});

describe('who read a secret', () => {
  interface ReadRow {
    readonly secret_id: string;
    readonly reader: string;
    readonly reads: string;
    readonly first_at: Date;
    readonly last_at: Date;
  }
  const readsOf = async (appId: string): Promise<ReadRow[]> =>
    (await database.pool.query<ReadRow>('SELECT * FROM secret_read WHERE app_id = $1 ORDER BY day, reader, secret_id', [appId])).rows;
  const noon = new Date('2026-11-30T12:00:00.000Z');

  it('is counted for each secret, reader and day, with the first and the last time', async () => {
    const [appId, other] = [newApp(), newApp()];
    const { info: old } = await vault.secrets.create({ appId }, noon);
    await vault.secrets.create({ appId: other }, noon);
    await vault.open([appId, other], noon);
    const { info: young } = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false }, after(noon, 10));
    await vault.open([appId], after(noon, 20));
    await vault.signing.open({ appIds: [appId], reader: 'somebody@else/7' }, after(noon, 30));
    await vault.open([appId], after(noon, DAY_SECONDS / 2 + 1));
    const once = { reads: '1', first_at: after(noon, 20), last_at: after(noon, 20) };
    const midnight = after(noon, DAY_SECONDS / 2 + 1);
    const rows = await readsOf(appId);
    expect(rows).toHaveLength(6);
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ secret_id: old.id, reader: READER, reads: '2', first_at: noon, last_at: after(noon, 20) }),
        expect.objectContaining({ secret_id: young.id, reader: READER, ...once }),
        expect.objectContaining({ secret_id: old.id, reader: 'somebody@else/7', reads: '1', first_at: after(noon, 30) }),
        expect.objectContaining({ secret_id: young.id, reader: 'somebody@else/7', reads: '1', first_at: after(noon, 30) }),
        expect.objectContaining({ secret_id: old.id, reader: READER, reads: '1', first_at: midnight }),
        expect.objectContaining({ secret_id: young.id, reader: READER, reads: '1', first_at: midnight }),
      ]),
    );
  });

  it('loses no read of many at once', async () => {
    const apps = Array.from({ length: 5 }, newApp);
    for (const appId of apps) await vault.secrets.create({ appId });
    const now = new Date();
    await Promise.all(Array.from({ length: 20 }, (_, turn) => vault.open(turn % 2 === 0 ? apps : apps.toReversed(), now)));
    for (const appId of apps) expect(await readsOf(appId)).toMatchObject([{ reads: '20' }]);
  });

  it('is told by the name with which a process calls', async () => {
    const appId = newApp();
    await vault.secrets.create({ appId });
    const request = create(GetSigningSecretsRequestSchema, { appIds: [appId] });
    await vault.controller.getSigningSecrets(request, callerMetadata('delivery'));
    expect(await readsOf(appId)).toMatchObject([{ reader: expect.stringMatching(/^delivery@.+\/\d+$/), reads: '1' }]);
  });

  it('is noted, or nothing is read', async () => {
    const appId = newApp();
    await vault.secrets.create({ appId });
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE secret_read IN ACCESS EXCLUSIVE MODE');
    const began = Date.now();
    expect((await problemOf(vault.open([appId]))).code).toBe('service_unavailable');
    expect(Date.now() - began).toBeLessThan(2000);
    await client.query('ROLLBACK');
    client.release();
    expect(await vault.open([appId])).toMatchObject([{ fault: '' }]);
  });

  it('outlives the secret, and is forgotten after 90 days', async () => {
    const appId = newApp();
    await vault.secrets.create({ appId }, noon);
    await vault.open([appId], noon);
    await vault.secrets.erase(appId);
    await vault.sweep.run(after(noon, 90 * DAY_SECONDS));
    expect(await readsOf(appId)).toHaveLength(1);
    await vault.sweep.run(after(noon, 91 * DAY_SECONDS));
    expect(await readsOf(appId)).toEqual([]);
  });
});

describe('sweeping', () => {
  it('removes the key material of what has expired, announces the rest, and forgets the row after 30 days', async () => {
    const appId = newApp();
    const now = new Date();
    const first = await vault.secrets.create({ appId }, now);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false }, now);
    const rows = async (): Promise<unknown[]> => {
      const result = await database.pool.query<object>('SELECT id, ciphertext IS NULL AS swept FROM secret WHERE app_id = $1', [appId]);
      return result.rows;
    };
    await vault.sweep.run(after(now, 59));
    expect(await rows()).toContainEqual({ id: first.info.id, swept: false });
    await vault.sweep.run(after(now, 61));
    await vault.sweep.run(after(now, 61));
    expect(await rows()).toContainEqual({ id: first.info.id, swept: true });
    expect(await rows()).toContainEqual({ id: second.info.id, swept: false });
    await eventually(() => expect(announced.of(appId).slice(2)).toEqual([[[second.info.id, undefined]]]));
    await vault.sweep.run(after(now, 61 + 30 * DAY_SECONDS));
    expect(await rows()).toEqual([{ id: second.info.id, swept: false }]);
  });
});

describe('the contract', () => {
  it('answers every call in the words of proto/vault/v1', async () => {
    const appId = newApp();
    const made = await vault.controller.createSecret(create(CreateSecretRequestSchema, { appId, scheme: Scheme.V1 }));
    expect(made.info).toMatchObject({ appId, scheme: Scheme.V1, prefix: made.secret!.slice(0, 8), createdBy: 'hookwright', reason: '' });
    const rotation = create(RotateSecretRequestSchema, { appId, overlapSeconds: 604_800, reason: 'every quarter' });
    const actor = { kind: 'partner', id: 'key_2', requestId: 'req_2' } as const;
    const rotated = await withActor(actor, () => vault.controller.rotateSecret(rotation));
    expect(rotated.info).toMatchObject({ createdBy: 'key_2', reason: 'every quarter' });
    expect(rotated.previousSecretId).toBe(made.info!.id);
    const { apps } = await vault.controller.getSigningSecrets(
      create(GetSigningSecretsRequestSchema, { appIds: [appId] }),
      callerMetadata('delivery'),
    );
    const secretsOfApp = [
      { id: rotated.info!.id, scheme: Scheme.V1, key: keyOf(rotated.secret!) },
      { id: made.info!.id, scheme: Scheme.V1, key: keyOf(made.secret!), expiresAtMs: rotated.previousSecretExpiresAtMs },
    ];
    expect(apps).toEqual([{ appId, secrets: secretsOfApp, fault: '' }]);
    await vault.controller.revokeSecret(create(RevokeSecretRequestSchema, { appId, secretId: made.info!.id! }));
    const { secrets } = await vault.controller.listSecrets(create(ListSecretsRequestSchema, { appIds: [appId] }));
    expect(secrets).toMatchObject([{ id: rotated.info!.id }]);
    await vault.controller.eraseSecrets({ $typeName: 'vault.v1.EraseSecretsRequest', appId });
    expect((await vault.controller.listSecrets(create(ListSecretsRequestSchema, { appIds: [appId] }))).secrets).toEqual([]);
  });

  it('tells a key pair’s public half to everyone, its private one to those who sign', async () => {
    const appId = newApp();
    const made = await vault.controller.createSecret(create(CreateSecretRequestSchema, { appId, scheme: Scheme.V1A }));
    expect(made).toMatchObject({ secret: '', info: { scheme: Scheme.V1A } });
    const rotated = await vault.controller.rotateSecret(
      create(RotateSecretRequestSchema, { appId, scheme: Scheme.V1, overlapSeconds: 60 }),
    );
    expect(rotated).toMatchObject({ secret: expect.stringMatching(/^whsec_/), info: { scheme: Scheme.V1 } });
    expect(rotated.info).not.toHaveProperty('publicKey');
    const { secrets } = await vault.controller.listSecrets(create(ListSecretsRequestSchema, { appIds: [appId] }));
    expect(secrets).toMatchObject([{ scheme: Scheme.V1 }, { scheme: Scheme.V1A, publicKey: expect.any(Uint8Array) }]);
    const request = create(GetSigningSecretsRequestSchema, { appIds: [appId] });
    const { apps } = await vault.controller.getSigningSecrets(request, callerMetadata('delivery'));
    const seed = apps?.[0]?.secrets?.[1];
    expect(seed?.scheme).toBe(Scheme.V1A);
    expect(createPublicKey(privateKeyOf(seed!.key!)).equals(publicKeyOf(secrets![1]!.publicKey!))).toBe(true);
  });

  const appId = 'app_1';
  it.each([
    ['/app_id', () => vault.controller.createSecret(create(CreateSecretRequestSchema, { appId: '' }))],
    ['/app_id', () => vault.controller.createSecret(create(CreateSecretRequestSchema, { appId: 'a'.repeat(65) }))],
    ['/scheme', () => vault.controller.createSecret(create(CreateSecretRequestSchema, { appId, scheme: UNKNOWN_SCHEME }))],
    ['/scheme', () => vault.controller.rotateSecret(create(RotateSecretRequestSchema, { appId, scheme: UNKNOWN_SCHEME }))],
    ['/overlap_seconds', () => vault.controller.rotateSecret(create(RotateSecretRequestSchema, { appId, overlapSeconds: 604_801 }))],
    ['/reason', () => vault.controller.rotateSecret(create(RotateSecretRequestSchema, { appId, reason: 'x'.repeat(501) }))],
    ['/reason', () => vault.controller.rotateSecret(create(RotateSecretRequestSchema, { appId, reason: 'a\0b' }))],
    ['/app_ids/1', () => vault.controller.listSecrets(create(ListSecretsRequestSchema, { appIds: [appId, 'no id'] }))],
    ['/app_ids', () => vault.controller.listSecrets(create(ListSecretsRequestSchema, { appIds: Array<string>(201).fill(appId) }))],
    ['/secret_id', () => vault.controller.revokeSecret(create(RevokeSecretRequestSchema, { appId, secretId: '\0' }))],
  ])('refuses a wrong %s by name', async (pointer, call) => {
    const problem = await problemOf(call());
    expect(problem.status).toBe(422);
    expect(problem.errors).toMatchObject([{ pointer, code: 'invalid_field' }]);
  });
});

describe('when a store is away', () => {
  it('answers service_unavailable within 2 s without PostgreSQL', async () => {
    const lonely = new Vault(`postgresql://nobody@127.0.0.1:${await freePort()}/vault`, brokers);
    const began = Date.now();
    const calls = [lonely.secrets.create({ appId: 'app_1' }), lonely.secrets.list(['app_1']), lonely.open(['app_1'])];
    for (const call of calls) expect((await problemOf(call)).code).toBe('service_unavailable');
    expect(Date.now() - began).toBeLessThan(2000);
    await expect(lonely.database.check()).rejects.toThrow();
    await lonely.stop();
  });

  it('answers service_unavailable within 2 s while PostgreSQL holds the table locked, and stores nothing', async () => {
    const appId = newApp();
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE secret IN ACCESS EXCLUSIVE MODE');
    const began = Date.now();
    const problems = await Promise.all([problemOf(vault.secrets.create({ appId })), problemOf(vault.open([appId]))]);
    expect(problems.map(({ code }) => code)).toEqual(['service_unavailable', 'service_unavailable']);
    expect(Date.now() - began).toBeLessThan(2000);
    await client.query('ROLLBACK');
    client.release();
    await eventually(async () => expect(await vault.liveIds(appId)).toEqual([]));
  });

  it('works without Kafka, and announces when it is back', async () => {
    const own = await createDatabase('vault');
    const appId = newApp();
    const lonely = new Vault(own.url, [`127.0.0.1:${await freePort()}`]);
    const { info } = await lonely.secrets.create({ appId });
    expect(() => lonely.announcements.checkKafka()).toThrow();
    await lonely.stop();
    expect(announced.snapshotsOf(appId)).toEqual([]);
    const back = new Vault(own.url, brokers);
    back.announcements.start();
    await eventually(() => expect(announced.of(appId)).toEqual([[[info.id, undefined]]]));
    await eventually(() => back.announcements.checkOutbox());
    await back.stop();
    await own.drop();
  });
});

describe('what is stored and announced', () => {
  it('holds neither a secret nor a key, in any spelling', async () => {
    const appId = newApp();
    const texts = [(await vault.secrets.create({ appId })).secret];
    texts.push((await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false })).secret);
    await vault.secrets.rotate({ appId, overlapSeconds: 60, force: true, scheme: 'v1a' });
    const [app] = await vault.open([appId]);
    const seed = app!.secrets[0]!.key;
    await eventually(() => expect(announced.snapshotsOf(appId)).toHaveLength(3));
    const places = [await everyValue(), ...announced.all.flatMap(([key, value]) => [Buffer.from(key), value ?? Buffer.alloc(0)])];
    const haystack = Buffer.concat(places.flatMap(spellings));
    expect(haystack.includes(appId)).toBe(true);
    for (const key of [...texts.map((text) => Buffer.from(keyOf(text))), seed, MASTER_KEY]) {
      for (const needle of [key, ...spellings(key).slice(1).map(withoutPadding)]) expect(haystack.includes(needle)).toBe(false);
    }
  });
});

function keyOf(secret: string): Uint8Array {
  const parsed = parseSecret(secret);
  if (!parsed.ok) throw new Error(parsed.reason);
  return new Uint8Array(parsed.key);
}

/** Raw, hex, base64 and base64 of URLs. */
function spellings(bytes: Buffer): Buffer[] {
  return [bytes, ...(['hex', 'base64', 'base64url'] as const).map((encoding) => Buffer.from(bytes.toString(encoding)))];
}

// The last characters of base64 depend on what follows.
function withoutPadding(text: Buffer): Buffer {
  return text.subarray(0, 40);
}

/** Every value of every table of the vault's database, bytes as bytes, one after the other. */
async function everyValue(): Promise<Buffer> {
  const { rows: tables } = await database.pool.query<{ name: string }>(
    "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const values: Buffer[] = [];
  for (const { name } of tables) {
    const { rows } = await database.pool.query<Record<string, unknown>>(`SELECT * FROM ${name}`);
    for (const value of rows.flatMap((row) => Object.values(row))) values.push(Buffer.isBuffer(value) ? value : Buffer.from(String(value)));
  }
  return Buffer.concat(values);
}
