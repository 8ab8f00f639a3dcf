import type { Sockets } from '../../hostile/journal.ts';
import { type Hostile, hostOf } from '../../hostile/start-hostile.ts';
import { atMost, none, note } from '../judge/checks.ts';
import { p99, type Period } from '../judge/timing.ts';
import { MAX_CONCURRENCY } from '../../max-concurrency.ts';
import type { Row } from '../row.ts';
import { HostileCompany } from '../stage/hostile-company.ts';

const HOSTILE_EVENTS_PER_SECOND = 10;

// On the plain port, or the listener of that name.
const BEHAVIOURS = [
  '/hang',
  '/drip',
  '/drip-headers',
  '/slowread',
  '/bigbody?mb=100',
  '/endless',
  '/gzipbomb?mb=1024',
  '/hugeheaders?kb=1024',
  '/100continue?n=0',
  '/loop',
  '/close',
  '/reset',
  '/half',
  '/shortbody',
  '/garbage?kind=binary',
  '/garbage?kind=double',
  '/status/500',
  '/status/101',
  '/retry-after?value=1',
  '/flaky?p=0.5',
  'tlsSelfSigned',
  'tlsExpired',
  'tlsWrongHost',
  'tlsHang',
] as const;
type Behaviour = (typeof BEHAVIOURS)[number];

export const h0: Row = {
  id: 'H0',
  fault: 'every H row: 1 hostile app beside 20 healthy ones, 5 min (24 behaviours in turn, 15 s each)',
  criterion: 'unaffected p99 ≤ 1.2x; healthy lost 0; RSS ≤ +100 MB; restarts 0; open sockets to the hostile app ≤ its cap',
  async run(stage) {
    const company = await HostileCompany.open(stage, { schedule: '2,5,10,30,60' });
    const { scene, hostile } = company;
    const behaviours = stage.pick<readonly Behaviour[]>({ full: BEHAVIOURS, short: BEHAVIOURS.filter((_, index) => index % 5 === 0) });
    const phaseMs = stage.pick({ full: 15_000, short: 5000 });
    const apps = await company.add(behaviours.map((behaviour, index) => ({ url: urlOf(hostile, behaviour, index) })));
    scene.load.begin();
    await scene.goOn(phaseMs);
    const calm = company.watchWorkers();
    const before = await scene.goOn(stage.pick({ full: 60_000, short: 10_000 }));
    const { peakRssMb } = calm.end();

    const watch = company.watchWorkers();
    const phases: Period[] = [];
    for (const [index, app] of apps.entries()) {
      stage.say(behaviours[index] ?? '');
      const stream = company.stream([app], { count: Infinity, perSecond: HOSTILE_EVENTS_PER_SECOND });
      phases.push(await scene.goOn(phaseMs));
      await company.stopStream();
      await stream;
    }
    const { peakRssMb: peakWith } = watch.end();
    const during = { fromMs: phases[0]?.fromMs ?? 0, toMs: phases.at(-1)?.toMs ?? 0 };
    await scene.settle({ withinMs: 60_000 });

    const calmP99 = p99(await scene.latencies(before));
    const ratios = await Promise.all(phases.map(async (phase) => p99(await scene.latencies(phase)) / calmP99));
    const worst = ratios.indexOf(Math.max(...ratios));
    const sockets = await Promise.all(behaviours.map((behaviour, index) => socketsOf(hostile, behaviour, index)));
    const most = Math.max(...sockets.map(({ peakOpen }) => peakOpen));
    const { lost, dup } = await scene.verdict();
    return [
      atMost('unaffected p99', p99(await scene.latencies(during)) / calmP99, 1.2, 'x'),
      note('before', calmP99, 'ms'),
      note('worst', `${(ratios[worst] ?? Number.NaN).toFixed(2)}x at ${behaviours[worst] ?? ''}`),
      none('healthy lost', lost),
      none('healthy dup', dup),
      atMost('RSS', peakWith - peakRssMb, 100, 'MB'),
      none('restarts', company.restarts),
      // No more than requests at once.
      atMost('open sockets to the hostile app', most, MAX_CONCURRENCY),
    ];
  },
};

/** Each is an origin of its own. */
function urlOf(hostile: Hostile, behaviour: Behaviour, index: number): string {
  return isPath(behaviour) ? hostile.url(behaviour, index + 1) : hostile.tlsUrl(behaviour);
}

function socketsOf(hostile: Hostile, behaviour: Behaviour, index: number): Promise<Sockets> {
  return isPath(behaviour) ? hostile.sockets('plain', hostOf(index + 1)) : hostile.sockets(behaviour);
}

function isPath(behaviour: Behaviour): behaviour is Extract<Behaviour, `/${string}`> {
  return behaviour.startsWith('/');
}
