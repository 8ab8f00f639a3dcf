import { atMost, exactly, holds } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const KIB = 1024;
const MOST_KEPT_BYTES = 64 * KIB;
const MOST_SENT_KIB = 1024;
const EVENTS = 20;

export const h3: Row = {
  id: 'H3',
  fault: '/bigbody?mb=100, /endless',
  criterion: '≤ 64 KiB kept; the receiver could send at most 1 MiB; hangs up ≤ 1 s after the cap; counts by its status',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const { hostile } = company;
      const urls = [hostile.url('/bigbody?mb=100', 1), hostile.url('/endless', 2), hostile.url('/bigbody?mb=100&status=500', 3)];
      const apps = await company.add(urls.map((url) => ({ url })));
      await company.send(apps, EVENTS * apps.length);
      const attempts = await company.untilAttempts(apps, EVENTS * apps.length);
      const requests = [...(await hostile.requests('/bigbody')), ...(await hostile.requests('/endless'))];
      const statuses = await Promise.all(apps.map(async ({ id }) => (await company.records.deliveries(id)).map(({ status }) => status)));
      const wanted = ['delivered', 'delivered', 'retry_scheduled'];
      return [
        exactly('attempts', attempts.length, EVENTS * apps.length),
        atMost('kept of a body', Math.max(...attempts.map(({ bodyBytes }) => bodyBytes)) / KIB, MOST_KEPT_BYTES / KIB, 'KiB'),
        atMost('sent by the receiver', Math.max(...requests.map(({ sentBytes }) => sentBytes)) / KIB, MOST_SENT_KIB, 'KiB'),
        atMost('hung up after', Math.max(...requests.map(({ atMs, endedAtMs }) => ((endedAtMs ?? Number.NaN) - atMs) / 1000)), 1, 's'),
        holds(
          'counts by its status',
          statuses.every((all, index) => all.every((status) => status === wanted[index])),
          JSON.stringify(statuses.map((all) => [...new Set(all)])),
        ),
      ];
    }),
};
