import { exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const CODES = [301, 302, 303, 307, 308];
const EVENTS = 2;

export const h7: Row = {
  id: 'H7',
  fault: '/redirect (301 302 303 307 308) to 169.254.169.254, 127.0.0.1/trap, https://public; /loop',
  criterion: 'second requests 0 (trap 0); failed with reason redirect',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const { hostile } = company;
      const trap = `http://127.0.0.1:${hostile.ports.plain}/trap`;
      const targets = ['http://169.254.169.254/latest/meta-data/', trap, 'https://example.com/'];
      const paths = CODES.flatMap((code) => targets.map((to) => `/redirect?code=${code}&to=${encodeURIComponent(to)}`));
      const apps = await company.add([...paths, '/loop'].map((path, number) => ({ url: hostile.url(path, number + 1) })));
      await company.send(apps, EVENTS * apps.length);
      const attempts = await company.untilAttempts(apps, EVENTS * apps.length);
      await company.scene.goOn(2000);
      const requests = await hostile.requests();
      return [
        exactly('attempts', attempts.length, EVENTS * apps.length),
        exactly('requests', requests.length, EVENTS * apps.length),
        none('trap', requests.filter(({ path }) => path === '/trap').length),
        none('other reasons than redirect', attempts.filter(({ category }) => category !== 'redirect').length),
      ];
    }),
};
