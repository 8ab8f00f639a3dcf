import { Gauge, register } from 'prom-client';
import type { Database } from '../database/database.ts';

const NAME = 'hookwright_redaction_delay_seconds';
const LATE = 'SELECT extract(epoch FROM now() - min(due_at))::float8 AS seconds FROM redaction';

/** Measures whether apps are told to erase in time. Replaces the gauge of an earlier instance in the same process, as the outbox does. */
export function measureRedactionDelay({ pool }: Database): void {
  register.removeSingleMetric(NAME);
  const gauge = new Gauge({
    name: NAME,
    help: 'How long ago the oldest redaction that no app was told of yet was due; 0: none is due',
    async collect() {
      // The metrics must answer while the database is away: then the last number stands.
      const found = await pool.query<{ seconds: number | null }>(LATE).catch(() => undefined);
      if (found !== undefined) gauge.set(Math.max(0, found.rows[0]?.seconds ?? 0));
    },
  });
}
