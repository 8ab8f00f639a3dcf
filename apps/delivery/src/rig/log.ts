import { createLogger } from '@hookwright/runtime';
import type pg from 'pg';
import type { Delivery } from '../expansion/delivery.ts';
import type { AttemptRecord } from '../log/delivery-record.ts';
import { DeliveryLog } from '../log/delivery-log.ts';
import { type StoredAttempt, attemptOf } from '../log/stored-attempt.ts';

/** A log with a window of 48 h. What it refuses is added to `buried`. */
export function testLog(pool: pg.Pool, buried: Delivery[] = []): DeliveryLog {
  const bury = (delivery: Delivery): Promise<void> => Promise.resolve(void buried.push(delivery));
  return new DeliveryLog({ pool, logger: createLogger('spec', 'fatal'), dedupeWindowHours: 48, unrecorded: 100, bury });
}

/** The attempts of a delivery, wherever they are kept, by number. */
export async function attemptsOf(pool: pg.Pool, deliveryId: string): Promise<AttemptRecord[]> {
  const { rows } = await pool.query<{ attempt: StoredAttempt }>(
    `SELECT first_attempt AS attempt FROM delivery WHERE id = $1 AND first_attempt IS NOT NULL
     UNION ALL SELECT attempt FROM attempt WHERE delivery_id = $1`,
    [deliveryId],
  );
  const byId = new Map(rows.map(({ attempt }) => [attempt.id, attemptOf(attempt)]));
  return [...byId.values()].sort((a, b) => a.number - b.number);
}
