import { setTimeout as delay } from 'node:timers/promises';
import { eventIdOf } from '@hookwright/contracts';
import { OPERATOR_TOKEN } from '@hookwright/local';
import { nowMs } from '../../clock.ts';
import { inParallel } from '../../system/in-parallel.ts';
import { query } from '../../system/query.ts';
import { EVENT_TYPE, SCOPE } from '../../system/provisioning.ts';
import { atLeast, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { ask } from '../stage/ask.ts';
import { Every } from '../stage/every.ts';
import { Merchant, REDIRECT_URI } from '../stage/consents.ts';
import type { Scene } from '../stage/scene.ts';

const REGISTRY_SOURCE = '/hookwright/registry';
const WIDTH = 16;
const KILL_EVERY_MS = 2000;
/** A start may take as long as that: without this the next kill would follow at once, and nothing be written. */
const UP_MS = 1000;
/** For one write, until it is answered 2xx. */
const PATIENCE_MS = 120_000;
const CONSENTS = 50;

interface Write {
  /** Of an install: app and merchant. Of a change: its request id, by which the audit log knows it. */
  readonly what: string;
  readonly isInstall: boolean;
  /** 2xx; else nobody was promised anything. */
  readonly isAcked: boolean;
  /** How often it was asked before without a 2xx. */
  readonly failures: number;
}

export const r4: Row = {
  id: 'R4',
  fault: 'kill -9 the gateway during 1 000 installs and app changes',
  criterion: 'each 2xx is in the database and its lifecycle event arrives: missing 0; events without a committed change: 0',
  async run(stage) {
    const scene = await stage.open({
      receiver: { labelled: true },
      wishes: (receiver) =>
        Array.from({ length: 10 }, (_, number) => ({
          url: receiver.urlOf(number),
          merchants: ['mer_0'],
          app: { redirect_uris: [REDIRECT_URI] },
        })),
      webhook: { event_sources: ['partner_app', 'installed_merchants'], enabled_events: [EVENT_TYPE, 'partner_app.install.*'] },
    });
    const gateway = scene.system.service('gateway');
    let kills = 0;
    const killer = stage.with(
      new Every(KILL_EVERY_MS, async () => {
        if (!gateway.isRunning) return;
        await gateway.kill();
        kills++;
        // A start that takes long is not the row's to judge: the calls meanwhile fail and promise nothing.
        await gateway.start().catch(() => undefined);
        await delay(UP_MS);
      }),
    );
    const count = stage.pick({ full: 1000, short: 100 });
    const writes = await inParallel(
      Array.from({ length: count }, (_, number) => number),
      WIDTH,
      (number) => write(scene, number),
    );
    const consents = await inParallel(
      Array.from({ length: stage.pick({ full: CONSENTS, short: 5 }) }, (_, number) => number),
      4,
      (number) => consent(scene, number),
    );
    await killer.stop();
    if (!gateway.isRunning) await gateway.start();
    await scene.goOn(5000);
    await scene.settle({ withinMs: 60_000 });

    const committed = await transitions(scene);
    const told = (await scene.receiver.log()).filter(({ type }) => type.startsWith('partner_app.install.'));
    const arrived = new Set<string>(told.map(({ webhookId }) => webhookId));
    const installed = new Set(committed.map(({ appId, merchantId }) => `${appId} ${merchantId}`));
    const acked = [...writes.filter(({ isInstall }) => isInstall), ...consents].filter(({ isAcked }) => isAcked);
    const changes = writes.filter(({ isInstall, isAcked }) => !isInstall && isAcked);
    const audited = await auditedRequests(scene);
    const committedIds = new Set<string>(
      committed.map(({ installationId, sequence }) => eventIdOf(REGISTRY_SOURCE, `${installationId}.${sequence}`)),
    );
    return [
      none('installs 2xx and not in the database', acked.filter(({ what }) => !installed.has(what)).length),
      none('changes 2xx and not in the database', changes.filter(({ what }) => !audited.has(what)).length),
      none('events of committed changes missing', [...committedIds].filter((id) => !arrived.has(id)).length),
      none('events without a committed change', [...arrived].filter((id) => !committedIds.has(id)).length),
      atLeast('kills', kills, 1),
      atLeast('2xx', writes.filter(({ isAcked }) => isAcked).length, count),
      note('installs 2xx', acked.length),
      note('changes 2xx', changes.length),
      note(
        'not answered, or 503',
        [...writes, ...consents].reduce((sum, { failures }) => sum + failures, 0),
      ),
    ];
  },
};

/** Asks until it is answered 2xx, as a caller does. */
async function write(scene: Scene, number: number): Promise<Write> {
  const untilMs = nowMs() + PATIENCE_MS;
  for (let failures = 0; ; failures++) {
    const made = await writeOnce(scene, number, failures);
    // Answers come back within milliseconds; refused connections too. So slowed down, several kills fall into the row.
    await delay(Math.random() * 500);
    if (made.isAcked || nowMs() > untilMs) return made;
  }
}

/** An install and a change in turn, each of one app. A change is seen in the app's audit log: later ones hide it in the app. */
async function writeOnce({ system: { apiUrl }, apps }: Scene, number: number, failures: number): Promise<Write> {
  const app = apps[number % apps.length];
  if (app === undefined) throw new Error('there are no apps');
  const isInstall = Math.floor(number / apps.length) % 2 === 0;
  const merchant = `mer_kill_${number}`;
  const { status, headers } = isInstall
    ? await ask(apiUrl, {
        method: 'POST',
        path: '/v1/operator/installations',
        token: OPERATOR_TOKEN,
        json: { app_id: app.id, merchant_id: merchant, scopes: [SCOPE] },
      })
    : await ask(apiUrl, {
        method: 'PATCH',
        path: `/v1/apps/${app.id}`,
        token: app.apiKey,
        // Another one each time: what changes nothing is no change.
        json: { description: `change ${number}.${failures}` },
      });
  return {
    what: isInstall ? `${app.id} ${merchant}` : (headers.get('x-request-id') ?? 'none'),
    isInstall,
    isAcked: status >= 200 && status < 300,
    failures,
  };
}

async function consent({ system: { apiUrl }, apps }: Scene, number: number): Promise<Write> {
  const app = apps[number % apps.length];
  if (app === undefined) throw new Error('there are no apps');
  const merchant = `mer_agrees_${number}`;
  const untilMs = nowMs() + PATIENCE_MS;
  for (let failures = 0; ; failures++) {
    const isAcked = await new Merchant(apiUrl, merchant).install(app).then(
      () => true,
      () => false,
    );
    if (isAcked || nowMs() > untilMs) return { what: `${app.id} ${merchant}`, isInstall: true, isAcked, failures };
    await delay(Math.random() * 500);
  }
}

interface TransitionRow {
  readonly installationId: string;
  readonly appId: string;
  readonly merchantId: string;
  readonly sequence: number;
}

/** Changes of installations that are committed, but those that the scene was made with, and the wait for a consent (0): nobody is told of it. */
async function transitions({ system }: Scene): Promise<readonly TransitionRow[]> {
  const text = `SELECT t.installation_id AS "installationId", t.sequence, i.app_id AS "appId", i.merchant_id AS "merchantId"
    FROM transition t JOIN installation i ON i.id = t.installation_id WHERE i.merchant_id <> 'mer_0' AND t.sequence > 0`;
  return (await query(system.databaseUrl('registry'), text)) as TransitionRow[];
}

/** Requests whose change of an app the audit log has: written in the transaction of each. */
async function auditedRequests({ system, apps }: Scene): Promise<ReadonlySet<string>> {
  const ids = apps.map(({ id }) => `'${id}'`).join(', ');
  const text = `SELECT request_id AS "requestId" FROM audit_entry WHERE app_id IN (${ids}) AND action = 'app.updated'`;
  const rows = (await query(system.databaseUrl('registry'), text)) as { requestId: string }[];
  return new Set(rows.map(({ requestId }) => requestId));
}
