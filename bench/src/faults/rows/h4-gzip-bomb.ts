import { atMost, exactly, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const EVENTS = 200;

export const h4: Row = {
  id: 'H4',
  fault: '/gzipbomb?mb=1024',
  criterion: 'not unpacked: RSS ≤ +20 MB',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const { hostile } = company;
      // The same number of answers of the same size first: what they cost is not the bomb's.
      const [decent, bomb] = await company.add([{ url: hostile.url('/bigbody?mb=1', 1) }, { url: hostile.url('/gzipbomb?mb=1024', 2) }]);
      if (decent === undefined || bomb === undefined) throw new Error('two apps were asked for');
      const before = company.watchWorkers();
      await company.send([decent], EVENTS);
      await company.untilAttempts([decent], EVENTS);
      const { peakRssMb } = before.end();
      const watch = company.watchWorkers();
      await company.send([bomb], EVENTS);
      const attempts = await company.untilAttempts([bomb], EVENTS);
      return [
        exactly('attempts', attempts.length, EVENTS),
        atMost('RSS', watch.end().peakRssMb - peakRssMb, 20, 'MB'),
        note('peak before', peakRssMb, 'MB'),
      ];
    }),
};
