/**
 * What the services need before they start: databases with their migrations, topics, and, if there are none, a master key and the
 * certificates that the services show each other, which are renewed here too, months before their end.
 * Run once by docker-compose.yml; repeating it changes nothing. Waits for the stores.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { allTopics, applyMigrations, DATABASE_OWNERS, ensureDatabase, ensureTopics } from '@hookwright/local';

const RETRY_MS = 2000;
const { KAFKA_BROKERS = '', POSTGRES_URL = '', MASTER_KEY_FILE = '', AUTHORITY_DIRECTORY = '', CERTIFICATES_DIRECTORY = '' } = process.env;

await step('databases', async () => {
  for (const owner of DATABASE_OWNERS) {
    const url = await ensureDatabase(POSTGRES_URL, `hookwright_${owner}`);
    console.log(`${owner}: ${(await applyMigrations(owner, url)).join(', ') || 'up to date'}`);
  }
});
await step('topics', async () => {
  const created = await ensureTopics(KAFKA_BROKERS.split(','), await allTopics());
  console.log(created.length === 0 ? 'topics: all there' : `topics: created ${created.join(', ')}`);
});
if (MASTER_KEY_FILE !== '' && !existsSync(MASTER_KEY_FILE)) {
  writeFileSync(MASTER_KEY_FILE, `${randomBytes(32).toString('base64')}\n`, { mode: 0o400 });
  console.log('master key: made a new one; keep a copy of its volume, without it every secret is lost');
}
if (AUTHORITY_DIRECTORY !== '') {
  const script = fileURLToPath(new URL('certificates.sh', import.meta.url));
  execFileSync('sh', [script, AUTHORITY_DIRECTORY, CERTIFICATES_DIRECTORY], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Repeats an action until its store answers. */
async function step(name: string, action: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await action();
      return;
    } catch (error) {
      console.log(`${name}: waiting (${error instanceof Error ? error.message : String(error)})`);
      await sleep(RETRY_MS);
    }
  }
}
