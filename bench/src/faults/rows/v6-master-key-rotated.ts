import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { newId, VaultService } from '@hookwright/contracts';
import { ensureMasterKey, OPERATOR_TOKEN } from '@hookwright/local';
import { grpcClient, type PromiseClient } from '@hookwright/runtime';
import { nowMs } from '../../clock.ts';
import { inParallel } from '../../system/in-parallel.ts';
import { query } from '../../system/query.ts';
import { atLeast, exactly, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { ask } from '../stage/ask.ts';
import { verifyAll } from '../stage/signed.ts';
import { until } from '../stage/until.ts';

const SECRETS = 10_000;
const WIDTH = 32;
/** As many as the vault tells of at once. */
const ASKED_AT_ONCE = 200;
/** 10,000 take 50 s at the rate that a vault wraps with; it looks once a minute. */
const OVER_WITHIN_MS = 300_000;

type Vault = PromiseClient<typeof VaultService>;

export const v6: Row = {
  id: 'V6',
  fault: 'master key rotated over 10 000 secrets while running',
  criterion: 'verification failures 0; old-key ciphertexts left 0',
  async run(stage) {
    const scene = await stage.open({ receiver: { sampleEvery: 1 } });
    const { system } = scene;
    const client = grpcClient(VaultService, system.vaultAddress, { caller: 'faults', timeoutMs: 30_000 });
    stage.with({
      stop: () => {
        client.close();
        return Promise.resolve();
      },
    });
    const count = stage.pick({ full: SECRETS, short: 500 });
    stage.say(`making ${count} secrets`);
    const secrets = await makeSecrets(client, count);
    const oldKeyId = String((await status(system.apiUrl))['key_id']);

    scene.load.begin();
    await scene.goOn(5000);
    const vault = system.service('vault');
    const newKeyFile = path.join(system.directory, 'new-master.key');
    ensureMasterKey(newKeyFile);
    await vault.stop();
    const oldKey = pathToFileURL(path.join(system.directory, 'master.key')).href;
    await vault.start({ MASTER_KEY_FILE: newKeyFile, UNWRAP_KEY_URIS: oldKey });
    const rotatedAtMs = nowMs();
    stage.say('the new master key wraps');
    const tookMs = await until(async () => (await status(system.apiUrl))['left'] === 0, OVER_WITHIN_MS);
    stage.say('without the old master key');
    await vault.stop();
    await vault.start({ UNWRAP_KEY_URIS: '' });
    // Longer than a worker keeps what it has read.
    await scene.goOn(stage.pick({ full: 65_000, short: 5000 }));
    await scene.settle({ withinMs: 60_000 });

    const [left] = (await query(system.databaseUrl('vault'), `SELECT count(*)::int AS count FROM secret WHERE key_id = '${oldKeyId}'`)) as {
      count: number;
    }[];
    const { requests, unsigned } = await verifyAll(scene);
    const { lost, dup } = await scene.verdict();
    return [
      none('verification failures', unsigned),
      none('secrets that are others than before', await countChanged(client, secrets)),
      none('old-key ciphertexts left', left?.count ?? Number.NaN),
      none('lost', lost),
      exactly('requests verified', requests, (await scene.receiver.counts()).requests),
      atLeast('of them', requests, 1),
      note('dup', dup),
      note('over after', tookMs / 1000, 's'),
      note('in all', (nowMs() - rotatedAtMs) / 1000, 's'),
    ];
  },
};

/** Secrets of apps that are nowhere else. By app. */
async function makeSecrets(vault: Vault, count: number): Promise<ReadonlyMap<string, string>> {
  const apps = Array.from({ length: count }, () => newId('app'));
  const made = await inParallel(apps, WIDTH, async (appId) => [appId, (await vault.createSecret({ appId })).secret] as const);
  return new Map(made);
}

async function countChanged(vault: Vault, secrets: ReadonlyMap<string, string>): Promise<number> {
  const apps = [...secrets.keys()];
  const portions = Array.from({ length: Math.ceil(apps.length / ASKED_AT_ONCE) }, (_, at) =>
    apps.slice(at * ASKED_AT_ONCE, (at + 1) * ASKED_AT_ONCE),
  );
  const same = await inParallel(portions, 2, async (appIds) => {
    const answer = await vault.getSigningSecrets({ appIds: [...appIds] });
    return answer.apps.filter(
      ({ appId, secrets: [secret] }) => `whsec_${Buffer.from(secret?.key ?? []).toString('base64')}` === secrets.get(appId),
    ).length;
  });
  return secrets.size - same.reduce((sum, each) => sum + each, 0);
}

async function status(apiUrl: string): Promise<Readonly<Record<string, unknown>>> {
  return (await ask(apiUrl, { path: '/v1/operator/master-key', token: OPERATOR_TOKEN })).body;
}
