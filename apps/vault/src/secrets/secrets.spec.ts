import { createSecretKey, randomBytes } from 'node:crypto';
import { create, fromBinary } from '@bufbuild/protobuf';
import {
  CreateSecretRequestSchema,
  GetSigningSecretsRequestSchema,
  ListSecretsRequestSchema,
  RevokeSecretRequestSchema,
  RotateSecretRequestSchema,
  Scheme,
  type SecretsSnapshot,
  SecretsSnapshotSchema,
  TOPIC_SETTINGS,
  TOPICS,
} from '@hookwright/contracts';
import { CompactedTable, createKafka, KafkaProducer } from '@hookwright/kafka';
import { OutboxRelay } from '@hookwright/outbox';
import { asProblem, createLogger, Problem } from '@hookwright/runtime';
import { formatSecret, parseSecret } from '@hookwright/signing';
import { createDatabase, createTopics, eventually, freePort, type TestDatabase, uniqueName, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Announcements } from '../announcements/announcements.ts';
import { Database } from '../database/database.ts';
import { Envelope } from '../encryption/envelope.ts';
import { FileKeyProvider } from '../encryption/file-key-provider.ts';
import { SecretsController } from './secrets.controller.ts';
import { SecretsRepository } from './secrets.repository.ts';
import { SecretsService } from './secrets.service.ts';
import { SigningSecretsService } from './signing-secrets.service.ts';
import { Sweep } from './sweep.ts';

const DAY_SECONDS = 86_400;
const logger = createLogger('vault-test', 'fatal');
const masterKey = randomBytes(32);
const envelope = new Envelope(new FileKeyProvider(createSecretKey(masterKey)));

/** The vault's parts as app.module.ts puts them together. */
class Vault {
  readonly database: Database;
  readonly announcements: Announcements;
  readonly secrets: SecretsService;
  readonly signing: SigningSecretsService;
  readonly sweep: Sweep;
  readonly controller: SecretsController;

  constructor(databaseUrl: string, brokers: string[]) {
    this.database = new Database(databaseUrl, logger);
    const producer = new KafkaProducer(createKafka({ clientId: 'vault-test', brokers, logger }));
    this.announcements = new Announcements(producer, new OutboxRelay({ pool: this.database.pool, producer, logger }));
    const parts = {
      database: this.database,
      announcements: this.announcements,
      envelope,
      logger,
      repository: new SecretsRepository(),
      intervalMs: 3_600_000,
    };
    this.secrets = new SecretsService(parts);
    this.signing = new SigningSecretsService(parts);
    this.sweep = new Sweep(parts);
    this.controller = new SecretsController(this.secrets, this.signing);
  }

  async stop(): Promise<void> {
    await this.announcements.stop();
    await this.database.close();
  }
}

let brokers: string[];
let stored: TestDatabase;
let vault: Vault;
let topic: CompactedTable;
/** Everything on vault.secrets, in order: app id and value. */
const announced: [string, Buffer | null][] = [];

beforeAll(async () => {
  brokers = (await useStores(['kafka', 'postgres'])).kafkaBrokers;
  await createTopics(TOPIC_SETTINGS.filter(({ topic: name }) => name === TOPICS.secrets));
  stored = await createDatabase('vault');
  vault = new Vault(stored.url, brokers);
  vault.announcements.start();
  const apply = (key: string, value: Buffer | null): void => void announced.push([key, value]);
  topic = new CompactedTable({ kafka: createKafka({ clientId: 'vault-test', brokers, logger }), topic: TOPICS.secrets, logger, apply });
  await topic.start();
});

afterAll(async () => {
  await topic.stop();
  await vault.stop();
  await stored.drop();
});

const newApp = (): string => uniqueName('app');
const after = (from: Date, seconds: number): Date => new Date(from.getTime() + seconds * 1000);

function snapshotsOf(appId: string): (SecretsSnapshot | null)[] {
  return announced.filter(([key]) => key === appId).map(([, value]) => (value === null ? null : fromBinary(SecretsSnapshotSchema, value)));
}

/** Per announcement: the live ids with their ends, or null for a tombstone. */
function announcementsOf(appId: string): ([string, number | undefined][] | null)[] {
  return snapshotsOf(appId).map(
    (snapshot) => snapshot?.secrets.map(({ id, expiresAtMs }) => [id, expiresAtMs === undefined ? undefined : Number(expiresAtMs)]) ?? null,
  );
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const outcome: unknown = await work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
  return asProblem(outcome);
}

async function signingKeys(appId: string, now = new Date()): Promise<string[]> {
  const [app] = await vault.signing.open([appId], now);
  return app!.secrets.map(({ key }) => formatSecret(key));
}

async function liveIds(appId: string, now = new Date()): Promise<string[]> {
  return (await vault.secrets.list([appId], now)).map(({ id }) => id);
}

describe('creating', () => {
  it('gives the text once, and the same bytes to those who sign', async () => {
    const appId = newApp();
    const { info, secret } = await vault.secrets.create(appId);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(info).toMatchObject({ appId, scheme: 'v1', prefix: secret.slice(0, 8), expiresAt: null });
    expect(await signingKeys(appId)).toEqual([secret]);
    await eventually(() => expect(announcementsOf(appId)).toEqual([[[info.id, undefined]]]));
  });

  it('starts afresh when the app has live secrets: those end at once', async () => {
    const appId = newApp();
    const lost = await vault.secrets.create(appId);
    const kept = await vault.secrets.create(appId);
    expect(await signingKeys(appId)).toEqual([kept.secret]);
    await eventually(() => expect(announcementsOf(appId)).toEqual([[[lost.info.id, undefined]], [[kept.info.id, undefined]]]));
  });

  it('leaves one current secret when several calls race', async () => {
    const appId = newApp();
    const created = await Promise.all(Array.from({ length: 6 }, () => vault.secrets.create(appId)));
    const [key, ...more] = await signingKeys(appId);
    expect(more).toEqual([]);
    expect(created.map(({ secret }) => secret)).toContain(key);
  });
});

describe('rotating', () => {
  it('keeps both secrets live during the overlap, the new one first', async () => {
    const appId = newApp();
    const now = new Date();
    const first = await vault.secrets.create(appId, now);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false }, now);
    const end = after(now, DAY_SECONDS);
    expect(second.previous).toEqual({ id: first.info.id, expiresAt: end });
    expect(await signingKeys(appId, after(now, DAY_SECONDS - 1))).toEqual([second.secret, first.secret]);
    expect(await signingKeys(appId, end)).toEqual([second.secret]);
    await eventually(() =>
      expect(announcementsOf(appId).at(-1)).toEqual([
        [second.info.id, undefined],
        [first.info.id, end.getTime()],
      ]),
    );
  });

  it('ends the previous secret at once with overlap 0, and removes its key material', async () => {
    const appId = newApp();
    const first = await vault.secrets.create(appId);
    const now = new Date();
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 0, force: false }, now);
    expect(second.previous).toEqual({ id: first.info.id, expiresAt: now });
    expect(await signingKeys(appId, now)).toEqual([second.secret]);
    const { rows } = await stored.pool.query('SELECT ciphertext, wrapped_key, expires_at FROM secret WHERE id = $1', [first.info.id]);
    expect(rows).toEqual([{ ciphertext: null, wrapped_key: null, expires_at: now }]);
    await eventually(() => expect(announcementsOf(appId).at(-1)).toEqual([[second.info.id, undefined]]));
  });

  it('is refused inside an open overlap and changes nothing; by force the oldest ends', async () => {
    const appId = newApp();
    const first = await vault.secrets.create(appId);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false });
    const refused = await problemOf(vault.secrets.rotate({ appId, overlapSeconds: 0, force: false }));
    expect(refused.code).toBe('rotation_in_progress');
    expect(await signingKeys(appId)).toEqual([second.secret, first.secret]);
    const third = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: true });
    expect(third.previous.id).toBe(second.info.id);
    expect(await signingKeys(appId)).toEqual([third.secret, second.secret]);
  });

  it('is possible again once the overlap is over', async () => {
    const appId = newApp();
    const now = new Date();
    await vault.secrets.create(appId, now);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false }, now);
    const third = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false }, after(now, 60));
    expect(await signingKeys(appId, after(now, 61))).toEqual([third.secret, second.secret]);
  });

  it('lets one of two concurrent rotations win; the other finds it in progress', async () => {
    const appId = newApp();
    const first = await vault.secrets.create(appId);
    const rotate = (): Promise<{ secret: string }> => vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false });
    const results = await Promise.allSettled([rotate(), rotate()]);
    const won = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value.secret);
    const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => asProblem(reason).code);
    expect(won).toHaveLength(1);
    expect(refused).toEqual(['rotation_in_progress']);
    expect(await signingKeys(appId)).toEqual([...won, first.secret]);
  });

  it('loses no key when many replicas rotate by force at once: each one follows exactly one other', async () => {
    const appId = newApp();
    const other = new Vault(stored.url, brokers);
    const first = await vault.secrets.create(appId);
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
    expect(await liveIds(appId)).toEqual(live);
    await eventually(() =>
      expect(
        announcementsOf(appId)
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
    const first = await vault.secrets.create(appId);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: DAY_SECONDS, force: false });
    await vault.secrets.revoke(appId, first.info.id);
    expect(await signingKeys(appId)).toEqual([second.secret]);
    await eventually(() => expect(announcementsOf(appId).at(-1)).toEqual([[second.info.id, undefined]]));
    expect((await problemOf(vault.secrets.revoke(appId, first.info.id))).code).toBe('not_found');
  });

  it('lifts the end of the older secret when the newer one is revoked, so that the app never runs out', async () => {
    const appId = newApp();
    const first = await vault.secrets.create(appId);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false });
    await vault.secrets.revoke(appId, second.info.id);
    expect(await signingKeys(appId, after(new Date(), DAY_SECONDS))).toEqual([first.secret]);
    await eventually(() => expect(announcementsOf(appId).at(-1)).toEqual([[first.info.id, undefined]]));
  });

  it('keeps the last one, also when two revocations race', async () => {
    const appId = newApp();
    const first = await vault.secrets.create(appId);
    expect((await problemOf(vault.secrets.revoke(appId, first.info.id))).code).toBe('last_secret');
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false });
    const race = [first, second].map(({ info }) => problemOf(vault.secrets.revoke(appId, info.id)));
    expect((await Promise.all(race)).map(({ code }) => code)).toContain('last_secret');
    expect(await liveIds(appId)).toHaveLength(1);
  });

  it("does not know another app's secret", async () => {
    const [mine, theirs] = [newApp(), newApp()];
    await vault.secrets.create(mine);
    const { info } = await vault.secrets.create(theirs);
    expect((await problemOf(vault.secrets.revoke(mine, info.id))).code).toBe('not_found');
    expect(await liveIds(theirs)).toEqual([info.id]);
  });
});

describe('erasing', () => {
  it('leaves neither rows nor keys, and announces it with a tombstone; once more changes nothing', async () => {
    const appId = newApp();
    await vault.secrets.create(appId);
    await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false });
    await vault.secrets.erase(appId);
    await vault.secrets.erase(appId);
    const { rowCount } = await stored.pool.query('SELECT 1 FROM secret WHERE app_id = $1', [appId]);
    expect(rowCount).toBe(0);
    expect(await vault.signing.open([appId])).toEqual([{ appId, secrets: [], fault: 'it has no live signing secret' }]);
    await eventually(() => expect(snapshotsOf(appId).slice(2)).toEqual([null, null]));
  });

  it('lets the app start again', async () => {
    const appId = newApp();
    await vault.secrets.create(appId);
    await vault.secrets.erase(appId);
    const { secret } = await vault.secrets.create(appId);
    expect(await signingKeys(appId)).toEqual([secret]);
  });
});

describe('reading', () => {
  it('lists the live secrets of several apps, each newest first, without key material', async () => {
    const apps = [newApp(), newApp(), newApp()];
    const first = await vault.secrets.create(apps[0]!);
    const second = await vault.secrets.rotate({ appId: apps[0]!, overlapSeconds: 60, force: false });
    const other = await vault.secrets.create(apps[1]!);
    const rows = await vault.secrets.list(apps);
    expect(rows.filter(({ appId }) => appId === apps[0]).map(({ id }) => id)).toEqual([second.info.id, first.info.id]);
    expect(rows.filter(({ appId }) => appId !== apps[0]).map(({ id }) => id)).toEqual([other.info.id]);
    expect(Object.keys(rows[0]!).sort()).toEqual(['appId', 'createdAt', 'expiresAt', 'id', 'lastUsedAt', 'prefix', 'scheme']);
  });

  it('notes the last use, at most once a minute', async () => {
    const appId = newApp();
    const now = new Date();
    const lastUse = async (): Promise<Date | null> => (await vault.secrets.list([appId]))[0]!.lastUsedAt;
    await vault.secrets.create(appId, now);
    expect(await lastUse()).toBeNull();
    await vault.signing.open([appId], now);
    await eventually(async () => expect(await lastUse()).toEqual(now));
    await vault.signing.open([appId], after(now, 59));
    await vault.signing.open([appId], after(now, 61));
    await eventually(async () => expect(await lastUse()).toEqual(after(now, 61)));
  });

  it('keeps a corrupted secret to its app', async () => {
    const [broken, healthy] = [newApp(), newApp()];
    const { info } = await vault.secrets.create(broken);
    const { secret } = await vault.secrets.create(healthy);
    await stored.pool.query('UPDATE secret SET ciphertext = set_byte(ciphertext, 20, get_byte(ciphertext, 20) # 1) WHERE id = $1', [
      info.id,
    ]);
    expect(await vault.signing.open([broken, healthy])).toEqual([
      { appId: broken, secrets: [], fault: 'a secret of it cannot be decrypted' },
      { appId: healthy, secrets: [expect.objectContaining({ key: keyOf(secret) })], fault: '' },
    ]);
  });

  it("does not open another app's ciphertext that was copied into a row", async () => {
    const [thief, owner] = [newApp(), newApp()];
    const { info } = await vault.secrets.create(thief);
    const { info: theirs } = await vault.secrets.create(owner);
    await stored.pool.query(
      'UPDATE secret s SET ciphertext = o.ciphertext, wrapped_key = o.wrapped_key FROM secret o WHERE s.id = $1 AND o.id = $2',
      [info.id, theirs.id],
    );
    expect(await signingKeys(thief)).toEqual([]);
  });
});

describe('sweeping', () => {
  it('removes the key material of what has expired, announces the rest, and forgets the row after 30 days', async () => {
    const appId = newApp();
    const now = new Date();
    const first = await vault.secrets.create(appId, now);
    const second = await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false }, now);
    const rows = async (): Promise<unknown[]> => {
      const result = await stored.pool.query<object>('SELECT id, ciphertext IS NULL AS swept FROM secret WHERE app_id = $1', [appId]);
      return result.rows;
    };
    await vault.sweep.run(after(now, 59));
    expect(await rows()).toContainEqual({ id: first.info.id, swept: false });
    await vault.sweep.run(after(now, 61));
    await vault.sweep.run(after(now, 61));
    expect(await rows()).toContainEqual({ id: first.info.id, swept: true });
    expect(await rows()).toContainEqual({ id: second.info.id, swept: false });
    await eventually(() => expect(announcementsOf(appId).slice(2)).toEqual([[[second.info.id, undefined]]]));
    await vault.sweep.run(after(now, 61 + 30 * DAY_SECONDS));
    expect(await rows()).toEqual([{ id: second.info.id, swept: false }]);
  });
});

describe('the contract', () => {
  it('answers every call in the words of proto/vault/v1', async () => {
    const appId = newApp();
    const made = await vault.controller.createSecret(create(CreateSecretRequestSchema, { appId, scheme: Scheme.V1 }));
    expect(made.info).toMatchObject({ appId, scheme: Scheme.V1, prefix: made.secret!.slice(0, 8) });
    const rotated = await vault.controller.rotateSecret(create(RotateSecretRequestSchema, { appId, overlapSeconds: 604_800 }));
    expect(rotated.previousSecretId).toBe(made.info!.id);
    const { apps } = await vault.controller.getSigningSecrets(create(GetSigningSecretsRequestSchema, { appIds: [appId] }));
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

  const appId = 'app_1';
  it.each([
    ['/app_id', () => vault.controller.createSecret(create(CreateSecretRequestSchema, { appId: '' }))],
    ['/app_id', () => vault.controller.createSecret(create(CreateSecretRequestSchema, { appId: 'a'.repeat(65) }))],
    ['/scheme', () => vault.controller.createSecret(create(CreateSecretRequestSchema, { appId, scheme: Scheme.V1A }))],
    ['/overlap_seconds', () => vault.controller.rotateSecret(create(RotateSecretRequestSchema, { appId, overlapSeconds: 604_801 }))],
    ['/reason', () => vault.controller.rotateSecret(create(RotateSecretRequestSchema, { appId, reason: 'x'.repeat(501) }))],
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
    const calls = [lonely.secrets.create('app_1'), lonely.secrets.list(['app_1']), lonely.signing.open(['app_1'])];
    for (const call of calls) expect((await problemOf(call)).code).toBe('service_unavailable');
    expect(Date.now() - began).toBeLessThan(2000);
    await expect(lonely.database.check()).rejects.toThrow();
    await lonely.stop();
  });

  it('answers service_unavailable within 2 s while PostgreSQL holds the table locked, and stores nothing', async () => {
    const appId = newApp();
    const client = await stored.pool.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE secret IN ACCESS EXCLUSIVE MODE');
    const began = Date.now();
    const problems = await Promise.all([problemOf(vault.secrets.create(appId)), problemOf(vault.signing.open([appId]))]);
    expect(problems.map(({ code }) => code)).toEqual(['service_unavailable', 'service_unavailable']);
    expect(Date.now() - began).toBeLessThan(2000);
    await client.query('ROLLBACK');
    client.release();
    await eventually(async () => expect(await liveIds(appId)).toEqual([]));
  });

  it('works without Kafka, and announces when it is back', async () => {
    const own = await createDatabase('vault');
    const appId = newApp();
    const lonely = new Vault(own.url, [`127.0.0.1:${await freePort()}`]);
    const { info } = await lonely.secrets.create(appId);
    expect(() => lonely.announcements.checkKafka()).toThrow();
    await lonely.stop();
    expect(snapshotsOf(appId)).toEqual([]);
    const back = new Vault(own.url, brokers);
    back.announcements.start();
    await eventually(() => expect(announcementsOf(appId)).toEqual([[[info.id, undefined]]]));
    await eventually(() => back.announcements.checkOutbox());
    await back.stop();
    await own.drop();
  });
});

describe('what is stored and announced', () => {
  it('holds neither a secret nor a key, in any spelling', async () => {
    const appId = newApp();
    const texts = [(await vault.secrets.create(appId)).secret];
    texts.push((await vault.secrets.rotate({ appId, overlapSeconds: 60, force: false })).secret);
    await eventually(() => expect(snapshotsOf(appId)).toHaveLength(2));
    const places = [await everyValue(), ...announced.flatMap(([key, value]) => [Buffer.from(key), value ?? Buffer.alloc(0)])];
    const haystack = Buffer.concat(places.flatMap(spellings));
    expect(haystack.includes(appId)).toBe(true);
    for (const key of [...texts.map((text) => Buffer.from(keyOf(text))), masterKey]) {
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
  const { rows: tables } = await stored.pool.query<{ name: string }>(
    "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const values: Buffer[] = [];
  for (const { name } of tables) {
    const { rows } = await stored.pool.query<Record<string, unknown>>(`SELECT * FROM ${name}`);
    for (const value of rows.flatMap((row) => Object.values(row))) values.push(Buffer.isBuffer(value) ? value : Buffer.from(String(value)));
  }
  return Buffer.concat(values);
}
