import { OUTSIDE_ROWS } from './catalogue-outside.ts';
import { SECRET_ROWS, TENANT_ROWS } from './catalogue-tenants.ts';
import type { Row } from './row.ts';
import { k1 } from './rows/k1-broker-stopped.ts';
import { k2 } from './rows/k2-broker-killed.ts';
import { k3 } from './rows/k3-rebalance-storm.ts';
import { k4 } from './rows/k4-slow-partition.ts';
import { k5 } from './rows/k5-published-thrice.ts';
import { k6 } from './rows/k6-offsets-reset.ts';
import { k7 } from './rows/k7-more-partitions.ts';
import { p1 } from './rows/p1-postgres-restarted.ts';
import { p2 } from './rows/p2-postgres-killed.ts';
import { p3 } from './rows/p3-connections-taken.ts';
import { p4 } from './rows/p4-table-locked.ts';
import { d1 } from './rows/d1-redis-flushed.ts';
import { d2 } from './rows/d2-redis-killed.ts';
import { d3 } from './rows/d3-redis-frozen.ts';
import { d4 } from './rows/d4-redis-full.ts';
import { r1 } from './rows/r1-kill-delivery.ts';
import { r2 } from './rows/r2-rolling-restart.ts';
import { r3 } from './rows/r3-kill-fan-out.ts';
import { r4 } from './rows/r4-kill-gateway.ts';
import { r5 } from './rows/r5-relay-crash.ts';
import { r6 } from './rows/r6-random-kills.ts';
import { r7 } from './rows/r7-cold-start.ts';

/** Every row there is, in the order of the table. */
export const ROWS: readonly Row[] = [
  ...[r1, r2, r3, r4, r5, r6, r7],
  ...[k1, k2, k3, k4, k5, k6, k7],
  ...[p1, p2, p3, p4],
  ...[d1, d2, d3, d4],
  ...SECRET_ROWS,
  ...OUTSIDE_ROWS,
  ...TENANT_ROWS,
];
