import { atMost, none, note } from '../judge/checks.ts';
import { p99 } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { HostileCompany } from '../stage/hostile-company.ts';

const APPS = 100;

export const i3: Row = {
  id: 'I3',
  fault: '100 of 200 apps dead',
  criterion: 'unaffected p99 ≤ 1.5x',
  async run(stage) {
    const company = await HostileCompany.open(stage, { workers: 2, apps: APPS, schedule: '30,120,600' });
    const { scene, hostile } = company;
    // Well at first: the minutes before have the same load.
    await hostile.heal('hang');
    const { merchants } = scene.load;
    await company.add(Array.from({ length: APPS }, (_, number) => ({ url: hostile.url('/hang', number + 1), merchants })));
    scene.load.begin();
    await scene.goOn(15_000);
    const before = await scene.goOn(stage.pick({ full: 60_000, short: 15_000 }));
    await hostile.sicken('hang');
    stage.say('half of the apps are dead');
    const during = await scene.goOn(stage.pick({ full: 120_000, short: 30_000 }));
    await scene.settle({ withinMs: 60_000 });

    const { lost, dup } = await scene.verdict();
    const p99Before = p99(await scene.latencies(before));
    return [
      atMost('unaffected p99', p99(await scene.latencies(during)) / p99Before, 1.5, 'x'),
      note('before', p99Before, 'ms'),
      none('healthy lost', lost),
      none('healthy dup', dup),
    ];
  },
};
