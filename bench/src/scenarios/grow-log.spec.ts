import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@hookwright/testkit';
import { emptyLog, growLog } from './grow-log.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase('delivery');
  await database.pool.query(`
    INSERT INTO delivery (
      id, created_at, app_id, event_id, event_type, source, merchant_id, installation_id, generation, trigger, status, reason, attempt_count
    )
    SELECT 'dlv_' || number, now(), 'app_1', 'evt_1', 'order.created', 'installed_merchants', 'mer_1', 'ins_1', 1, 'event', 'delivered', '', 1
    FROM generate_series(1, 2) AS number`);
  await database.pool.query(`INSERT INTO event_body (event_id, created_at, event, data) VALUES ('evt_1', now(), '', '{}')`);
});

afterAll(() => database.drop());

describe('growLog', () => {
  it('copies deliveries and bodies until there are enough, each with ids of its own', async () => {
    await expect(growLog(database.url, 20)).resolves.toBe(20);
    const { rows } = await database.pool.query(
      `SELECT count(DISTINCT id)::int AS ids, count(DISTINCT event_id)::int AS events, min(length(id)) AS shortest, max(length(id)) AS longest,
         (SELECT count(*)::int FROM event_body WHERE event_id IN (SELECT event_id FROM delivery)) AS bodies
       FROM delivery`,
    );
    expect(rows).toEqual([{ ids: 20, events: 10, shortest: 5, longest: 30, bodies: 10 }]);
  });

  it('leaves a log alone that is large enough', async () => {
    await expect(growLog(database.url, 15)).resolves.toBe(20);
  });

  it('can be done again', async () => {
    await expect(growLog(database.url, 60)).resolves.toBe(60);
  });

  it('begins anew with what comes after it was emptied', async () => {
    await emptyLog(database.url);
    const { rows } = await database.pool.query('SELECT FROM delivery, event_body');
    expect(rows).toEqual([]);
  });
});
