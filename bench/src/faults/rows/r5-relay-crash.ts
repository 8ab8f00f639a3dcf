import { eventIdOf } from '@hookwright/contracts';
import { OPERATOR_TOKEN } from '@hookwright/local';
import { nowMs } from '../../clock.ts';
import { query } from '../../system/query.ts';
import { EVENT_TYPE, SCOPE } from '../../system/provisioning.ts';
import { atLeast, atMost, exactly, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { ask } from '../stage/ask.ts';
import { until } from '../stage/until.ts';

/** Of lifecycle events, which the registry numbers by installation (apps/registry, installation.message.ts). */
const REGISTRY_SOURCE = '/hookwright/registry';
const CREATED = 'partner_app.install.created';
/** The relay dies before it publishes its 25th message: each install has two, with one for the audit log here and there. */
const FAILPOINT = '25';

export const r5: Row = {
  id: 'R5',
  fault: 'crash between commit and publish (failpoint in the relay)',
  criterion: 'published ≤ 5 s after the restart; lost 0; same id',
  async run(stage) {
    const scene = await stage.open({
      receiver: { labelled: true },
      wishes: (receiver) => [{ url: receiver.urlOf(0), merchants: ['mer_0'] }],
      webhook: { event_sources: ['partner_app', 'installed_merchants'], enabled_events: [EVENT_TYPE, CREATED] },
    });
    const { system } = scene;
    const [app] = scene.apps;
    if (app === undefined) throw new Error('there is no app');
    const registry = system.service('registry');
    await registry.stop();
    await registry.start({ FAILPOINT_OUTBOX: FAILPOINT });

    const acked = new Set<string>();
    for (let number = 0; registry.isRunning && number < 200; number++) {
      const json = { app_id: app.id, merchant_id: `mer_crash_${number}`, scopes: [SCOPE] };
      const answer = await ask(system.apiUrl, { method: 'POST', path: '/v1/operator/installations', token: OPERATOR_TOKEN, json });
      if (answer.status === 201) acked.add(String(answer.body['id']));
    }
    await until(() => Promise.resolve(!registry.isRunning), 10_000);
    const exits = registry.exits.filter(({ signal }) => signal === 'SIGKILL').length;
    const [waiting] = (await query(system.databaseUrl('registry'), 'SELECT count(*)::int AS count FROM outbox')) as { count: number }[];
    stage.say(`the relay died with ${waiting?.count ?? 0} messages committed`);
    await registry.start({ FAILPOINT_OUTBOX: '' });
    const readyAtMs = nowMs();

    // The committed ones, with an answer or without.
    const installations = (await query(
      system.databaseUrl('registry'),
      `SELECT id FROM installation WHERE app_id = '${app.id}' AND merchant_id LIKE 'mer_crash_%'`,
    )) as { id: string }[];
    const wanted = new Set<string>(installations.map(({ id }) => eventIdOf(REGISTRY_SOURCE, `${id}.1`)));
    const told = async () =>
      (await scene.receiver.log()).filter(({ type, merchant }) => type === CREATED && merchant.startsWith('mer_crash_'));
    const tookMs = await until(async () => new Set((await told()).map(({ webhookId }) => webhookId)).size >= wanted.size, 30_000);
    const publishedAfterMs = nowMs() - readyAtMs;
    await scene.settle({ withinMs: 30_000 });

    const events = await told();
    const ids = new Set<string>(events.map(({ webhookId }) => webhookId));
    const committed = new Set(installations.map(({ id }) => id));
    return [
      exactly('killed by the failpoint', exits, 1),
      atLeast('committed and not published then', waiting?.count ?? 0, 1),
      atMost('published after the restart', (Number.isNaN(tookMs) ? Number.NaN : publishedAfterMs) / 1000, 5, 's'),
      none('lost', [...wanted].filter((id) => !ids.has(id)).length),
      none('other ids', [...ids].filter((id) => !wanted.has(id)).length),
      none('answered 201 and not committed', [...acked].filter((id) => !committed.has(id)).length),
      note('installs', wanted.size),
      note('sent again', events.length - ids.size),
    ];
  },
};
