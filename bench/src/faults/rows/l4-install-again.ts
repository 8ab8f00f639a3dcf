import { OPERATOR_TOKEN } from '@hookwright/local';
import { EVENT_TYPE, SCOPE } from '../../system/provisioning.ts';
import { type Check, exactly, holds, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { ask, type Question } from '../stage/ask.ts';
import type { Scene } from '../stage/scene.ts';
import { until } from '../stage/until.ts';

/** What an app learns of one installation, in the order it came. */
interface Told {
  readonly type: string;
  readonly sequence: number;
  readonly generation: number;
}

const ARRIVES_WITHIN_MS = 10_000;

export const l4: Row = {
  id: 'L4',
  fault: 'install/uninstall 100 times in a row (once waiting for each event, once not)',
  criterion: 'last state right; 200 lifecycle events, sequence numbers rising',
  async run(stage) {
    const scene = await stage.open({
      receiver: { sampleEvery: 1 },
      wishes: (receiver) => [{ url: receiver.urlOf(0), merchants: ['mer_1'] }],
      webhook: { event_sources: ['partner_app', 'installed_merchants'], enabled_events: [EVENT_TYPE, 'partner_app.install.*'] },
    });
    const times = stage.pick({ full: 100, short: 10 });
    stage.say('each event is waited for');
    await alternate(scene, 'mer_patient', times, async (count) => {
      await until(async () => (await toldOf(scene, 'mer_patient')).length >= count, ARRIVES_WITHIN_MS);
    });
    stage.say('nothing is waited for');
    await alternate(scene, 'mer_hasty', times, () => Promise.resolve());
    await scene.settle({ withinMs: 60_000 });

    const patient = await toldOf(scene, 'mer_patient');
    const hasty = await toldOf(scene, 'mer_hasty');
    const wanted = Array.from({ length: 2 * times }, (_, index) => index + 1);
    return [
      await lastState(scene, 'mer_patient', times),
      exactly('lifecycle events', patient.length, 2 * times),
      holds('sequence numbers rise by one', sequencesOf(patient) === wanted.join(' '), sequencesOf(patient)),
      await lastState(scene, 'mer_hasty', times),
      // What was not told before the next uninstall is not told any more, but every uninstall is.
      exactly('uninstalled events of the hasty', hasty.filter(({ type }) => type.endsWith('.revoked')).length, times),
      none('of his, told twice', hasty.length - new Set(hasty.map(({ sequence }) => sequence)).size),
      none('of his, with a number that is none', hasty.filter(({ sequence, type }) => !isRight(sequence, type, times)).length),
    ];
  },
};

async function alternate(scene: Scene, merchant: string, times: number, told: (count: number) => Promise<void>): Promise<void> {
  const [app] = scene.apps;
  if (app === undefined) throw new Error('there is no app');
  const install = { app_id: app.id, merchant_id: merchant, scopes: [SCOPE] };
  for (let time = 0; time < times; time++) {
    const { id } = await done(scene, { method: 'POST', path: '/v1/operator/installations', token: OPERATOR_TOKEN, json: install });
    await told(2 * time + 1);
    await done(scene, { method: 'POST', path: `/v1/apps/${app.id}/installations/${String(id)}/revoke`, token: app.apiKey, json: {} });
    await told(2 * time + 2);
  }
}

async function done({ system }: Scene, question: Question): Promise<Readonly<Record<string, unknown>>> {
  const { status, body, text } = await ask(system.apiUrl, question);
  if (status < 200 || status > 299) throw new Error(`${question.path} was answered ${status}: ${text}`);
  return body;
}

async function toldOf(scene: Scene, merchant: string): Promise<readonly Told[]> {
  const own = (await scene.receiver.samples()).filter(({ headers }) => headers['webhook-merchant-id'] === merchant);
  return own.map(({ body }) => {
    const event = JSON.parse(body.toString()) as { type: string; sequence: string; installation_generation: number };
    return { type: event.type, sequence: Number(event.sequence), generation: event.installation_generation };
  });
}

/** Installs have odd numbers, uninstalls even ones. */
function isRight(sequence: number, type: string, times: number): boolean {
  return sequence >= 1 && sequence <= 2 * times && (sequence % 2 === 1) === type.endsWith('.created');
}

function sequencesOf(told: readonly Told[]): string {
  return told.map(({ sequence }) => sequence).join(' ');
}

async function lastState(scene: Scene, merchant: string, times: number): Promise<Check> {
  const [app] = scene.apps;
  const path = `/v1/apps/${app?.id ?? ''}/installations?merchant_id=${merchant}`;
  const { data = [] } = (await done(scene, { path, token: app?.apiKey ?? '' })) as { data?: { status: string; generation: number }[] };
  const states = data.map(({ status, generation }) => `${status} ${generation}`).join(', ');
  return holds(`last state of ${merchant}`, states === `revoked ${times}`, states);
}
