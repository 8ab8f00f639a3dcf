import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge, register } from 'prom-client';
import { Database } from './database.ts';

const NAME = 'hookwright_gateway_oldest_waiting_seconds';

interface Waiting {
  readonly work: string;
  /** Null: there is none. */
  readonly seconds: number | null;
}

/** Measures how long what was promised to callers, and is done after the answer, has been waiting. Grows while a service is away. */
@Injectable()
export class OldestWaiting implements OnModuleInit {
  constructor(private readonly database: Database) {}

  /** Replaces the gauge of an earlier instance in the same process: a registry takes each name once. */
  onModuleInit(): void {
    register.removeSingleMetric(NAME);
    const gauge: Gauge<'work'> = new Gauge({
      name: NAME,
      help: 'Age of the oldest work of its kind that was stored and is not done yet; 0: there is none',
      labelNames: ['work'],
      // The metrics must answer while the database is away: then the last numbers stand.
      collect: async () => {
        const waiting = await this.find().catch(() => []);
        for (const { work, seconds } of waiting) gauge.set({ work }, Math.max(0, seconds ?? 0));
      },
    });
  }

  private find(): Promise<Waiting[]> {
    return this.database.client.$queryRaw<Waiting[]>`
      SELECT 'audit_entries' AS work,
        extract(epoch FROM now() - (SELECT created_at FROM audit_entry ORDER BY id LIMIT 1))::float8 AS seconds
      UNION ALL
      SELECT 'secret_erasures', extract(epoch FROM now() - min(created_at))::float8 FROM secret_erasure
      UNION ALL
      SELECT 'merchant_erasures', extract(epoch FROM now() - min(requested_at))::float8 FROM merchant_erasure WHERE due_at IS NOT NULL`;
  }
}
