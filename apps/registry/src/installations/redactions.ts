import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { waited } from '@hookwright/kafka';
import { type Logger, LOGGER } from '@hookwright/runtime';
import { Database, type Queries } from '../database/database.ts';
import { Outbox } from '../database/outbox.ts';
import { Transactions } from '../database/transactions.ts';
import { ENV, type RegistryEnv } from '../env.ts';
import type { InstallationChange } from './installation.ts';
import { redactEvent } from './installation.message.ts';
import { measureRedactionDelay } from './redaction-delay.ts';
import { RedactionsRepository } from './redactions.repository.ts';

const LOOK_EVERY_MS = 5000;
const TOLD_AT_ONCE = 100;

/**
 * Tells an app, some time after a merchant's installation has ended, to erase what it has of the merchant's; not when the merchant has installed
 * it again meanwhile.
 */
@Injectable()
export class Redactions implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly afterMs: number;
  private reason: string | undefined;

  constructor(
    private readonly database: Database,
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly redactions: RedactionsRepository,
    @Inject(ENV) env: RegistryEnv,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.afterMs = env.REDACT_AFTER_SECONDS * 1000;
  }

  /** Does not wait: the service's health must answer in the meantime. */
  onApplicationBootstrap(): void {
    measureRedactionDelay(this.database);
    void this.tell();
  }

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /** In the transaction of the changes, all made at one time: what ended is to be told of, what began again is not. */
  async plan(tx: Queries, changes: readonly InstallationChange[]): Promise<void> {
    const ended = changes.filter(({ kind }) => kind === 'revoked').map(({ installation }) => installation.id);
    const begun = changes.filter(({ previousStatus }) => previousStatus === 'revoked').map(({ installation }) => installation.id);
    const now = changes[0]?.cause.now ?? new Date();
    if (ended.length > 0) await this.redactions.put(tx, ended, new Date(now.getTime() + this.afterMs));
    if (begun.length > 0) await this.redactions.remove(tx, begun);
  }

  /** Whatever is planned for a merchant's installations is due now. */
  async hasten(tx: Queries, merchantId: string, now: Date): Promise<void> {
    await this.redactions.hasten(tx, merchantId, now);
  }

  private async tell(): Promise<void> {
    do {
      try {
        while (!this.stopping.signal.aborted && (await this.tellSome()) === TOLD_AT_ONCE);
        this.reason = undefined;
      } catch (error) {
        this.warn((error as Error).message);
      }
    } while (await waited(LOOK_EVERY_MS, this.stopping.signal));
  }

  /** How many were due, at most as many as one transaction does in good time. */
  private async tellSome(): Promise<number> {
    const now = new Date();
    if (!(await this.redactions.isAnyDue(this.database.prisma, now))) return 0;
    return await this.transactions.run(async (tx) => {
      const due = await this.redactions.lockDue(tx, now, TOLD_AT_ONCE);
      if (due.length === 0) return 0;
      await this.redactions.remove(
        tx,
        due.map(({ installation }) => installation.id),
      );
      // An app that is gone has neither an endpoint nor a secret any more. One that an older version installed again meanwhile is not told.
      const told = due.filter(({ installation, isAppDeleted }) => installation.status === 'revoked' && !isAppDeleted);
      await this.redactions.countEvents(
        tx,
        told.map(({ installation }) => installation.id),
      );
      const events = told.map(({ installation, mode }) => redactEvent({ ...installation, sequence: installation.sequence + 1 }, mode, now));
      await this.outbox.add(tx, events);
      return due.length;
    });
  }

  private warn(reason: string): void {
    if (reason !== this.reason) this.logger.warn({ reason }, 'redactions.waiting');
    this.reason = reason;
  }
}
