import { atLeast, exactly, none, note } from '../judge/checks.ts';
import { judgeSignatures, type SecretChange, secretLives } from '../judge/signatures.ts';
import type { Row } from '../row.ts';
import { type Answer, ask } from '../stage/ask.ts';
import type { Scene } from '../stage/scene.ts';
import type { ProvisionedApp } from '../../system/provisioning.ts';

// Some end while the row watches, some do not, and one has no overlap at all.
const OVERLAPS_S = [5, 10, 0, 3600];
const EVERY_MS = 5000;

/** What an app's partner knows of its secrets. */
interface Known {
  secret: string;
  previous: { readonly id: string; readonly secret: string } | undefined;
}

export const v4: Row = {
  id: 'V4',
  fault: '20 rotations under load, then an emergency revoke',
  criterion:
    'deliveries without a valid signature 0, with a signature missing 0; old secret signs nothing > 5 s after its end or its revoke ack',
  async run(stage) {
    const scene = await stage.open({ receiver: { sampleEvery: 1 } });
    const rotations = stage.pick({ full: 20, short: 4 });
    const known = new Map<string, Known>(scene.apps.map(({ id, secret }) => [id, { secret, previous: undefined }]));
    const changes: SecretChange[] = [];
    scene.load.begin();
    await scene.goOn(EVERY_MS);
    for (let number = 0; number < rotations; number++) {
      stage.say(`rotation ${number + 1} of ${rotations}`);
      const app = scene.apps[number % scene.apps.length] as ProvisionedApp;
      const overlapS = OVERLAPS_S[number % OVERLAPS_S.length] ?? 0;
      changes.push(await rotate(scene, app, known.get(app.id) as Known, overlapS));
      await scene.goOn(EVERY_MS);
    }
    stage.say('an emergency: the secret before the last is revoked');
    const app = scene.apps[0] as ProvisionedApp;
    const last = known.get(app.id) as Known;
    changes.push(await rotate(scene, app, last, 86_400));
    await scene.goOn(EVERY_MS);
    changes.push(await revoke(scene, app, last));
    await scene.goOn(15_000);
    await scene.settle({ withinMs: 60_000 });

    const samples = await scene.receiver.samples();
    const lives = secretLives(
      scene.apps.map(({ id, secret }) => ({ appId: id, secret })),
      changes,
    );
    const { withoutValid, withMissing, late } = judgeSignatures(samples, lives);
    const { requests } = await scene.receiver.counts();
    const { lost, dup } = await scene.verdict();
    return [
      none('without a valid signature', withoutValid),
      none('with a signature missing', withMissing),
      none('signatures > 5 s after an end or a revoke', late),
      exactly('requests judged', samples.length, requests),
      atLeast('of them', samples.length, 1),
      note('changes of secrets', changes.length),
      note('lost', lost),
      note('dup', dup),
    ];
  },
};

/** Of three secrets none is left but the newest two: `force` ends what is open. */
async function rotate(scene: Scene, app: ProvisionedApp, known: Known, overlapS: number): Promise<SecretChange> {
  const answer = await post(scene, app, '/rotate-secret', { overlap_seconds: overlapS, force: true, reason: 'row V4' });
  const { secret, previous_secret_id: id, previous_secret_expires_at: endsAt } = answer.body;
  const change = {
    ...timesOf(app, answer),
    secret: String(secret),
    previous: { secret: known.secret, endsMs: Date.parse(String(endsAt)) },
    ended: known.previous === undefined ? [] : [known.previous.secret],
  };
  known.previous = { id: String(id), secret: known.secret };
  known.secret = String(secret);
  return change;
}

async function revoke(scene: Scene, app: ProvisionedApp, { previous }: Known): Promise<SecretChange> {
  if (previous === undefined) throw new Error('there is no secret to revoke');
  const answer = await post(scene, app, `/webhook/secrets/${previous.id}/revoke`);
  return { ...timesOf(app, answer), ended: [previous.secret] };
}

async function post({ system }: Scene, { id, apiKey }: ProvisionedApp, rest: string, json?: object): Promise<Answer> {
  const answer = await ask(system.apiUrl, {
    method: 'POST',
    path: `/v1/apps/${id}${rest}`,
    token: apiKey,
    ...(json === undefined ? {} : { json }),
  });
  if (answer.status < 200 || answer.status > 299) throw new Error(`POST ${rest} was answered ${answer.status}: ${answer.text}`);
  return answer;
}

function timesOf({ id: appId }: ProvisionedApp, { askedMs, answeredMs }: Answer): Pick<SecretChange, 'appId' | 'askedMs' | 'answeredMs'> {
  return { appId, askedMs, answeredMs };
}
