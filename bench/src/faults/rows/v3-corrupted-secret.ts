import { nowMs } from '../../clock.ts';
import { query } from '../../system/query.ts';
import { atMost, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { DeliveryRecords } from '../stage/delivery-records.ts';
import { until } from '../stage/until.ts';

const WITHIN_MS = 60_000;
const ALARM = 'hookwright_secret_decrypt_failures_total';

export const v3: Row = {
  id: 'V3',
  fault: 'one app’s ciphertext corrupted',
  criterion: 'that app pauses and alarms ≤ 60 s; all others 0 failures',
  async run(stage) {
    const scene = await stage.open();
    const { system } = scene;
    const records = stage.with(new DeliveryRecords(system.databaseUrl('delivery')));
    const ids = scene.apps.map(({ id }) => id);
    const [broken = '', ...others] = ids;
    // The same again mends it.
    const flip = (): Promise<unknown> =>
      query(
        system.databaseUrl('vault'),
        `UPDATE secret SET ciphertext = set_byte(ciphertext, 20, get_byte(ciphertext, 20) # 1) WHERE app_id = '${broken}'`,
      );
    scene.load.begin();
    await scene.goOn(5000);
    await flip();
    const brokenAtMs = nowMs();
    stage.say('a ciphertext is corrupted');
    const paused = until(async () => (await reasonsOf(broken)).includes('secrets_away'), 2 * WITHIN_MS);
    const alarmed = until(async () => ((await scene.metrics('vault')).get(ALARM) ?? 0) > 0, 2 * WITHIN_MS);
    async function reasonsOf(app: string): Promise<readonly string[]> {
      return (await records.deliveries(app)).map(({ reason }) => reason);
    }
    const [pausedMs, alarmedMs] = await Promise.all([paused, alarmed]);
    await scene.goOn(Math.max(0, brokenAtMs + WITHIN_MS - nowMs()));
    const fromMs = nowMs();
    await scene.goOn(stage.pick({ full: 20_000, short: 5000 }));
    const toMs = nowMs();
    await flip();
    stage.say('it is mended');
    await scene.goOn(10_000);
    await scene.settle({ withinMs: 90_000 });

    const meanwhile = (await scene.arrivals()).filter(({ appId, atMs }) => appId === broken && atMs >= fromMs && atMs < toMs);
    const failures = (await records.attempts(...others)).filter(({ category }) => category !== '');
    const waited = (await records.deliveries(...others)).filter(({ status }) => status !== 'delivered');
    const { lost, dup } = await scene.verdict();
    return [
      atMost('pauses after', pausedMs / 1000, WITHIN_MS / 1000, 's'),
      atMost('alarms after', alarmedMs / 1000, WITHIN_MS / 1000, 's'),
      none('requests to it later than 60 s', meanwhile.length),
      none('failed attempts of the others', failures.length),
      none('others not delivered', waited.length),
      none('lost, after it was mended', lost),
      note('dup', dup),
    ];
  },
};
