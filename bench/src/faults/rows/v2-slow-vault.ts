import { query } from '../../system/query.ts';
import { atLeast, atMost, none, note } from '../judge/checks.ts';
import { p99 } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../stage/scene.ts';
import { SlowProxy } from '../stage/slow-proxy.ts';

const SLOW_MS = 2000;

export const v2: Row = {
  id: 'V2',
  fault: 'vault answers in 2 s',
  criterion: '≤ 0.05 vault calls a delivery; p99 ≤ before + 200 ms',
  async run(stage) {
    const scene = await stage.open();
    const proxy = stage.with(await SlowProxy.start(scene.system.vaultAddress));
    for (const name of scene.workers) {
      await scene.system.service(name).stop();
      await scene.system.service(name).start({ VAULT_ADDRESS: proxy.address });
    }
    scene.load.begin();
    await scene.goOn(10_000);
    const before = await scene.goOn(stage.pick({ full: 60_000, short: 10_000 }));
    const readsBefore = await reads(scene);
    const arrivedBefore = (await scene.receiver.counts()).requests;

    proxy.delay(SLOW_MS);
    stage.say('the vault is slow');
    const during = await scene.goOn(stage.pick({ full: 180_000, short: 20_000 }));
    const read = (await reads(scene)) - readsBefore;
    const arrived = (await scene.receiver.counts()).requests - arrivedBefore;
    proxy.delay(0);
    await scene.settle({ withinMs: 60_000 });

    const { lost, dup } = await scene.verdict();
    const p99Before = p99(await scene.latencies(before));
    return [
      // A call may read several secrets: there were as many calls at most.
      atMost('vault calls a delivery', read / arrived, 0.05),
      atMost('p99 beyond before', p99(await scene.latencies(during)) - p99Before, 200, 'ms'),
      note('p99 before', p99Before, 'ms'),
      // Each worker asks anew every half a minute: without a question nothing was slow.
      atLeast('secrets read', read, stage.pick({ full: 1, short: 0 })),
      none('lost', lost),
      note('dup', dup),
    ];
  },
};

/** How often a secret was read, by the vault's own record. */
async function reads({ system }: Scene): Promise<number> {
  const [row] = (await query(system.databaseUrl('vault'), 'SELECT coalesce(sum(reads), 0)::int AS count FROM secret_read')) as {
    count: number;
  }[];
  return row?.count ?? Number.NaN;
}
