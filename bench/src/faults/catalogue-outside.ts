import type { Row } from './row.ts';
import { h0 } from './rows/h0-hostile-beside-healthy.ts';
import { h1 } from './rows/h1-hang.ts';
import { h2 } from './rows/h2-slow-loris.ts';
import { h3 } from './rows/h3-large-bodies.ts';
import { h4 } from './rows/h4-gzip-bomb.ts';
import { h5 } from './rows/h5-huge-headers.ts';
import { h6 } from './rows/h6-continue.ts';
import { h7 } from './rows/h7-redirects.ts';
import { h8 } from './rows/h8-bad-certificates.ts';
import { h9 } from './rows/h9-tls-hang.ts';
import { h10 } from './rows/h10-broken-answers.ts';
import { h11 } from './rows/h11-statuses.ts';
import { h12 } from './rows/h12-retry-after.ts';
import { h13 } from './rows/h13-flaky.ts';
import { i1 } from './rows/i1-dead-app.ts';
import { i2 } from './rows/i2-breaker.ts';
import { i3 } from './rows/i3-half-dead.ts';
import { i4 } from './rows/i4-loud-tenant.ts';
import { i5 } from './rows/i5-many-failures.ts';
import { q1 } from './rows/q1-poison.ts';
import { q2 } from './rows/q2-huge-messages.ts';
import { q3 } from './rows/q3-replayed-dead-letters.ts';
import { t1 } from './rows/t1-wrong-clock.ts';
import { t2 } from './rows/t2-half-an-hour.ts';
import { t3 } from './rows/t3-overload.ts';
import { t5 } from './rows/t5-metrics.ts';

/** What comes from outside: poison, endpoints, tenants, clocks and load. In the order of the table. */
export const OUTSIDE_ROWS: readonly Row[] = [
  ...[q1, q2, q3],
  ...[h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11, h12, h13],
  ...[i1, i2, i3, i4, i5],
  ...[t1, t2, t3, t5],
];
