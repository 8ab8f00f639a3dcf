import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from '../../system/in-parallel.ts';
import { atLeast, between, type Check, exactly, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { type Answer, ask } from '../stage/ask.ts';
import { askToken } from '../stage/consents.ts';
import type { Scene } from '../stage/scene.ts';

const LIMIT = 600;
/** The wrong secret of a client's minute that is told to wait. */
const FIRST_429 = 20;
const WRONG = 1000;
const MINUTE_MS = 60_000;
const GRANT = { grant_type: 'client_credentials' };

export const s7: Row = {
  id: 'S7',
  fault: '1 000 wrong client secrets in a minute; API over its limit',
  criterion: '429 from the 20th a minute a client; limit held ± 10 %; Retry-After set',
  async run(stage) {
    // The token endpoint counts callers by their address too: that one may have a thousand.
    const scene = await stage.open({ apps: 2, merchants: 1, env: { gateway: { RATE_LIMIT_PER_MINUTE: '100000' } } });
    const wrong = await wrongSecrets(scene);
    stage.say('a gateway with its own limit');
    const gateway = scene.system.service('gateway');
    await gateway.stop();
    await gateway.start({ RATE_LIMIT_PER_MINUTE: String(LIMIT) });
    // What was counted before is over with its minute.
    await delay(MINUTE_MS);
    return [...wrong, ...(await overLimit(scene))];
  },
};

async function wrongSecrets({ system: { apiUrl }, apps }: Scene): Promise<readonly Check[]> {
  const [app, other] = apps;
  if (app === undefined || other === undefined) throw new Error('there are no apps');
  const answers: Answer[] = [];
  const right: Answer[] = [];
  const begunMs = performance.now();
  for (let number = 0; number < WRONG; number++) {
    answers.push(await askToken(apiUrl, { ...app, clientSecret: `hwcs_wrong_${number}` }, GRANT));
    if (number % 100 === 50) right.push(await askToken(apiUrl, app, GRANT), await askToken(apiUrl, other, GRANT));
  }
  const tookMs = performance.now() - begunMs;
  const first = answers.slice(0, FIRST_429 - 1);
  // All within the minute that began with the first one.
  const rest = answers.slice(FIRST_429 - 1);
  return [
    none('of the first 19 other than 401', first.filter(({ status }) => status !== 401).length),
    none('from the 20th on other than 429', rest.filter(({ status }) => status !== 429).length),
    none('429 without Retry-After', rest.filter(({ headers }) => !isWait(headers)).length),
    none('right secrets refused meanwhile', right.filter(({ status }) => status !== 200).length),
    between('took', tookMs / 1000, [0, MINUTE_MS / 1000], 's'),
  ];
}

/** Twice as many calls as a minute may have, all within it. */
async function overLimit({ system: { apiUrl }, apps }: Scene): Promise<readonly Check[]> {
  const [app] = apps;
  const path = `/v1/apps/${app?.id ?? ''}`;
  const calls = Array.from({ length: 2 * LIMIT }, (_, number) => number);
  const answers = await inParallel(calls, 8, () => ask(apiUrl, { path, token: app?.apiKey ?? '' }));
  const passed = answers.filter(({ status }) => status === 200).length;
  const refused = answers.filter(({ status }) => status === 429);
  return [
    between('let through in a minute', passed, [0.9 * LIMIT, 1.1 * LIMIT]),
    exactly('refused', refused.length, answers.length - passed),
    none('refused without Retry-After', refused.filter(({ headers }) => !isWait(headers)).length),
    atLeast('refused at all', refused.length, 1),
    note('limit', LIMIT),
  ];
}

function isWait(headers: Headers): boolean {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return seconds >= 1 && seconds <= 60;
}
