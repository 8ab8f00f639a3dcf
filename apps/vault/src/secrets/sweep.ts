import type { Logger } from '@hookwright/runtime';
import type { Announcements } from '../announcements/announcements.ts';
import type { Database } from '../database/database.ts';
import { secretsByState } from './metrics.ts';
import type { ReadsRepository } from './reads.repository.ts';
import type { SecretsRepository } from './secrets.repository.ts';

export interface SweepParts {
  readonly database: Database;
  readonly repository: SecretsRepository;
  readonly reads: ReadsRepository;
  readonly announcements: Announcements;
  readonly logger: Logger;
  readonly intervalMs: number;
}

const APPS_AT_ONCE = 500;
// As long as attempts are kept (design.md, 30 days): every id in an attempt's signed_with can be told from an invented one.
const KEEP_ENDED_MS = 30 * 24 * 60 * 60 * 1000;
// A leak is often found months later.
const KEEP_READS_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Removes the key material of secrets whose overlap is over, and announces what is left. Nobody depends on it being in time: an expired
 * secret is not handed out. The row stays, without material, for 30 days; who read it, for 90.
 * Any number of replicas may sweep: each app is locked, and the second one finds nothing.
 */
export class Sweep {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly parts: SweepParts) {}

  start(): void {
    this.timer = setInterval(() => this.tick(), this.parts.intervalMs);
    this.tick();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** One sweep. Rejects when PostgreSQL is away. */
  async run(now = new Date()): Promise<void> {
    const { database, repository, reads } = this.parts;
    const apps = await database.read((queries) => repository.findAppsToSweep(queries, now, APPS_AT_ONCE));
    for (const appId of apps) {
      if (this.stopped) return;
      await this.sweepApp(appId, now);
    }
    await database.read((queries) => repository.forgetEndedBefore(queries, new Date(now.getTime() - KEEP_ENDED_MS)));
    await database.read((queries) => reads.forgetBefore(queries, new Date(now.getTime() - KEEP_READS_MS)));
    const counts = await database.read((queries) => repository.count(queries, now));
    for (const [state, count] of Object.entries(counts)) secretsByState.set({ state }, count);
  }

  private async sweepApp(appId: string, now: Date): Promise<void> {
    const { database, repository, announcements, logger } = this.parts;
    const count = await database.transaction(async (transaction) => {
      await repository.lockApp(transaction, appId);
      const swept = await repository.sweep(transaction, appId, now);
      if (swept > 0) await announcements.announceLive(transaction, appId, await repository.findLive(transaction, [appId], now));
      return swept;
    });
    announcements.publish();
    if (count > 0) logger.info({ app_id: appId, count }, 'secrets.expired');
  }

  private tick(): void {
    this.running ??= this.run()
      .catch((error: unknown) => this.parts.logger.warn({ err: error }, 'secrets.sweep_waiting'))
      .finally(() => (this.running = undefined));
  }
}
