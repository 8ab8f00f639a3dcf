import { atLeast, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { ask } from '../stage/ask.ts';

const WITHIN_MS = 1000;
/** Endpoints of this number on are new addresses: each change has one of its own. */
const NEW_ADDRESSES = 1000;

interface Moved {
  readonly oldPath: string;
  readonly answeredMs: number;
}

export const l2: Row = {
  id: 'L2',
  fault: 'endpoint address changed under load (50 times)',
  criterion: 'to the old address > 1 s after the ack: 0; lost 0',
  async run(stage) {
    const scene = await stage.open();
    const { receiver, system } = scene;
    // Changed while a request is on its way, often.
    await receiver.behave('*', { delayMs: 50 });
    scene.load.begin();
    await scene.goOn(5000);
    const changes = stage.pick({ full: 50, short: 5 });
    const addresses = new Map(scene.apps.map(({ id, url }) => [id, url]));
    const moved: Moved[] = [];
    for (let number = 0; number < changes; number++) {
      stage.say(`change ${number + 1} of ${changes}`);
      const app = scene.apps[number % scene.apps.length];
      if (app === undefined) throw new Error('there are no apps');
      const url = receiver.urlOf(NEW_ADDRESSES + number);
      const change = { method: 'PATCH', path: `/v1/apps/${app.id}`, token: app.apiKey, json: { webhook: { url } } } as const;
      const { status, text, answeredMs } = await ask(system.apiUrl, change);
      if (status !== 200) throw new Error(`a change was answered ${status}: ${text}`);
      moved.push({ oldPath: new URL(addresses.get(app.id) ?? '').pathname, answeredMs });
      addresses.set(app.id, url);
      await scene.goOn(500 + Math.random() * 1500);
    }
    await scene.goOn(5000);
    await scene.settle({ withinMs: 60_000 });

    const ends = new Map(moved.map(({ oldPath, answeredMs }) => [oldPath, answeredMs]));
    const requests = await scene.arrivals();
    const late = requests.filter(({ path, atMs }) => atMs > (ends.get(path) ?? Infinity) + WITHIN_MS);
    const { lost, dup } = await scene.verdict();
    const toNew = requests.filter(({ path }) => Number(path.split('/').at(-1)) >= NEW_ADDRESSES);
    return [
      none('to the old address > 1 s after the ack', late.length),
      none('lost', lost),
      atLeast('to new addresses', toNew.length, 1),
      note('dup', dup),
      note('changes', moved.length),
    ];
  },
};
