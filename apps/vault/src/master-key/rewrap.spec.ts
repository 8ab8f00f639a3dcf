import { createSecretKey, randomBytes } from 'node:crypto';
import { newId } from '@hookwright/contracts';
import { createDatabase, eventually, freePort, type TestDatabase, uniqueName, useStores } from '@hookwright/testkit';
import { generateSecret } from '@hookwright/signing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Envelope } from '../encryption/envelope.ts';
import { FileKeyProvider } from '../encryption/file-key-provider.ts';
import type { KeyProvider, WrappedKey } from '../encryption/key-provider.ts';
import { Keyring } from '../encryption/keyring.ts';
import { keyringOf, Vault } from '../spec/vault.ts';
import { rewrapFailures, secretsByMasterKey } from './metrics.ts';

const OLD = randomBytes(32);
const NEW = randomBytes(32);
const oldKeyId = new FileKeyProvider(createSecretKey(OLD)).keyId;
const newKeyId = new FileKeyProvider(createSecretKey(NEW)).keyId;

let database: TestDatabase;
let before: Vault;
let nobody: string[];
const vaults: Vault[] = [];

beforeAll(async () => {
  await useStores(['postgres']);
  nobody = [`127.0.0.1:${await freePort()}`];
});

beforeEach(async () => {
  database = await createDatabase('vault');
  before = newVault(keyringOf(OLD));
});

afterEach(async () => {
  await Promise.all(vaults.splice(0).map((vault) => vault.stop()));
  await database.drop();
});

/** A vault on the database. It announces nothing: there is no Kafka, and none is needed. */
function newVault(keys: KeyProvider): Vault {
  const vault = new Vault(database.url, nobody, keys);
  vaults.push(vault);
  return vault;
}

/** Apps with a secret each under the old key; what they sign with, by app. */
async function seed(count: number): Promise<Map<string, string>> {
  const envelope = new Envelope(keyringOf(OLD));
  const rows = await Promise.all(
    Array.from({ length: count }, async () => {
      const { secret, key, prefix } = generateSecret();
      const [id, appId] = [newId('sec'), uniqueName('app')];
      return { id, appId, secret, prefix, ...(await envelope.seal(key, { appId, secretId: id })) };
    }),
  );
  await database.pool.query(
    `INSERT INTO secret (id, app_id, scheme, prefix, ciphertext, wrapped_key, key_id, created_at)
     SELECT id, app_id, 'v1', prefix, ciphertext, wrapped_key, $6, now()
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[]) AS row (id, app_id, prefix, ciphertext, wrapped_key)`,
    [
      rows.map(({ id }) => id),
      rows.map(({ appId }) => appId),
      rows.map(({ prefix }) => prefix),
      rows.map(({ ciphertext }) => ciphertext),
      rows.map(({ wrappedKey }) => wrappedKey),
      oldKeyId,
    ],
  );
  return new Map(rows.map(({ appId, secret }) => [appId, secret]));
}

/** How many secrets have which key. */
async function keysInUse(): Promise<Record<string, number>> {
  const { rows } = await database.pool.query<{ key_id: string; count: number }>(
    'SELECT key_id, count(*)::int FROM secret WHERE key_id IS NOT NULL GROUP BY key_id',
  );
  return Object.fromEntries(rows.map(({ key_id: keyId, count }) => [keyId, count]));
}

async function expectAllToOpen(vault: Vault, secrets: ReadonlyMap<string, string>): Promise<void> {
  for (const [appId, secret] of secrets) expect(await vault.signingKeys(appId)).toEqual([secret]);
}

/** The new key, with something that happens when it wraps. */
class WatchedKey extends FileKeyProvider {
  wrapped = 0;

  constructor(private readonly onWrap: (count: number) => Promise<void> | void = () => undefined) {
    super(createSecretKey(NEW));
  }

  override async wrap(dataKey: Buffer, aad: Buffer): Promise<WrappedKey> {
    await this.onWrap(++this.wrapped);
    return await super.wrap(dataKey, aad);
  }
}

const watched = (key: WatchedKey): Keyring => new Keyring(key, [new FileKeyProvider(createSecretKey(OLD))]);

describe('wrapping anew', () => {
  it('reaches every secret; each signs as before, without the old key too', async () => {
    const secrets = await seed(130);
    const { ciphertext } = (await database.pool.query<{ ciphertext: Buffer }>('SELECT ciphertext FROM secret ORDER BY id LIMIT 1'))
      .rows[0]!;
    await newVault(keyringOf(NEW, OLD)).rewrap.run();
    expect(await keysInUse()).toEqual({ [newKeyId]: 130 });
    await expectAllToOpen(newVault(keyringOf(NEW)), secrets);
    expect((await database.pool.query('SELECT ciphertext FROM secret ORDER BY id LIMIT 1')).rows).toEqual([{ ciphertext }]);
  });

  it('loses nothing while secrets are made, rotated, read and erased', async () => {
    const secrets = await seed(2000);
    const replicas = [newVault(keyringOf(NEW, OLD)), newVault(keyringOf(NEW, OLD))] as const;
    const apps = [...secrets.keys()];
    let over = false;
    const callers = Array.from({ length: 8 }, (_, n) => {
      const own = apps.slice(n * 20, n * 20 + 20).map((appId): [string, string[]] => [appId, [secrets.get(appId)!]]);
      return new Caller(replicas[n % 2 === 0 ? 0 : 1], new Map(own));
    });
    const calling = callers.map((caller) => caller.callUntil(() => over));
    await Promise.all(replicas.map(({ rewrap }) => rewrap.run())).finally(() => (over = true));
    await Promise.all(calling);
    await replicas[0].rewrap.run();
    expect(Object.keys(await keysInUse())).toEqual([newKeyId]);
    const reader = newVault(keyringOf(NEW));
    await Promise.all(callers.map((caller) => caller.expectItsSecrets(reader)));
    await expectAllToOpen(reader, new Map([...secrets].slice(160)));
  });

  it('goes on where a process died', async () => {
    const secrets = await seed(200);
    const dying = new WatchedKey((count) => (count > 120 ? Promise.reject(new Error('the process is gone')) : undefined));
    await expect(newVault(watched(dying)).rewrap.run()).rejects.toThrow('the process is gone');
    expect(await keysInUse()).toEqual({ [newKeyId]: 100, [oldKeyId]: 100 });
    const next = newVault(keyringOf(NEW, OLD));
    await expectAllToOpen(next, secrets);
    await next.rewrap.run();
    expect(await keysInUse()).toEqual({ [newKeyId]: 200 });
  });

  it('is shared by replicas: each data key is wrapped once', async () => {
    await seed(500);
    const keys = [new WatchedKey(), new WatchedKey()];
    const replicas = keys.map((key) => newVault(watched(key)));
    await Promise.all(replicas.map(({ rewrap }) => rewrap.run()));
    await replicas[0]!.rewrap.run();
    expect(await keysInUse()).toEqual({ [newKeyId]: 500 });
    expect(keys.reduce((sum, { wrapped }) => sum + wrapped, 0)).toBe(500);
  });

  it('brings nothing back that was revoked or erased while it was wrapped', async () => {
    const [revoked, erased] = [uniqueName('app'), uniqueName('app')];
    const first = await before.secrets.create({ appId: revoked });
    await before.secrets.rotate({ appId: revoked, overlapSeconds: 60, force: false });
    await before.secrets.create({ appId: erased });
    const key = new WatchedKey(async (count) => {
      if (count > 1) return;
      await before.secrets.revoke(revoked, first.info.id);
      await before.secrets.erase(erased);
    });
    await newVault(watched(key)).rewrap.run();
    const { rows } = await database.pool.query('SELECT id, wrapped_key, key_id FROM secret WHERE id = $1 OR app_id = $2', [
      first.info.id,
      erased,
    ]);
    expect(rows).toEqual([{ id: first.info.id, wrapped_key: null, key_id: null }]);
    expect(await keysInUse()).toEqual({ [newKeyId]: 1 });
  });

  it('does not wait for a secret that a change holds: it has its turn at the next look', async () => {
    const [held = ''] = (await seed(3)).keys();
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM secret WHERE app_id = $1 FOR UPDATE', [held]);
    const { rewrap } = newVault(keyringOf(NEW, OLD));
    await rewrap.run();
    expect(await keysInUse()).toEqual({ [newKeyId]: 2, [oldKeyId]: 1 });
    await client.query('ROLLBACK');
    client.release();
    await rewrap.run();
    expect(await keysInUse()).toEqual({ [newKeyId]: 3 });
  });

  it('leaves and counts what does not open, and does the rest', async () => {
    const [broken = ''] = (await seed(60)).keys();
    await database.pool.query(
      'UPDATE secret SET wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 1) WHERE app_id = $1',
      [broken],
    );
    const failures = async (): Promise<number> => (await rewrapFailures.get()).values.reduce((sum, { value }) => sum + value, 0);
    const counted = await failures();
    await newVault(keyringOf(NEW, OLD)).rewrap.run();
    expect(await keysInUse()).toEqual({ [newKeyId]: 59, [oldKeyId]: 1 });
    // The look that did the others, and the one that found nothing more to do.
    expect((await failures()) - counted).toBe(2);
  });

  it('works in the background from the start on, and stops within its page', async () => {
    await seed(120);
    const { rewrap } = newVault(keyringOf(NEW, OLD));
    rewrap.start();
    await eventually(async () => expect(await keysInUse()).toEqual({ [newKeyId]: 120 }));
    await rewrap.stop();
  });
});

describe('the progress', () => {
  it('is told by key, with what is left and what no key is held for', async () => {
    await seed(7);
    await before.secrets.create({ appId: uniqueName('app') });
    const stranger = newVault(keyringOf(NEW));
    await stranger.rewrap.run();
    expect(await stranger.masterKey.getMasterKeyStatus()).toEqual({
      keyId: newKeyId,
      secrets: 8,
      left: 8,
      keys: [{ keyId: oldKeyId, secrets: 8, held: false }],
    });
    const holder = newVault(keyringOf(NEW, OLD));
    await holder.rewrap.run();
    expect(await holder.masterKey.getMasterKeyStatus()).toEqual({
      keyId: newKeyId,
      secrets: 8,
      left: 0,
      keys: [{ keyId: newKeyId, secrets: 8, held: true }],
    });
  });

  it('is in a gauge', async () => {
    await seed(4);
    const gauge = async (): Promise<unknown> => (await secretsByMasterKey.get()).values.map(({ labels, value }) => [labels.key_id, value]);
    const key = new WatchedKey(async () => expect(await gauge()).toEqual([[oldKeyId, 4]]));
    await newVault(watched(key)).rewrap.run();
    expect(key.wrapped).toBe(4);
    expect(await gauge()).toEqual([[newKeyId, 4]]);
  });
});

/** Changes and reads the secrets of some apps, one call after the other, and knows what they must sign with. */
class Caller {
  private turn = 0;

  constructor(
    private readonly vault: Vault,
    /** Newest first. */
    private readonly apps: Map<string, string[]>,
  ) {}

  async callUntil(isOver: () => boolean): Promise<void> {
    const appIds = [...this.apps.keys()];
    do await this.call(appIds[this.turn % appIds.length]!, this.turn++);
    while (!isOver() || this.turn < appIds.length);
  }

  async expectItsSecrets(reader: Vault): Promise<void> {
    for (const [appId, secrets] of this.apps) expect(await reader.signingKeys(appId)).toEqual(secrets);
  }

  private async call(appId: string, turn: number): Promise<void> {
    const secrets = this.apps.get(appId)!;
    expect(await this.vault.signingKeys(appId)).toEqual(secrets);
    if (turn % 5 === 4) {
      await this.vault.secrets.erase(appId);
      this.apps.set(appId, [(await this.vault.secrets.create({ appId })).secret]);
    } else if (turn % 2 === 0) {
      const { secret } = await this.vault.secrets.rotate({ appId, overlapSeconds: 3600, force: true });
      this.apps.set(appId, [secret, secrets[0]!]);
    }
  }
}
