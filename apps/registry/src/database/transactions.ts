import { Injectable } from '@nestjs/common';
import { Database, type Queries } from './database.ts';
import { Outbox } from './outbox.ts';

// Waiting for a connection is bounded by the pool; this only has to be longer.
const MAX_WAIT_MS = 1500;
const TIMEOUT_MS = 5000;

/** Changes: what happens in one is committed as a whole, with the messages that announce it, or not at all. */
@Injectable()
export class Transactions {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  /** The work's value, after its commit; the outbox is relayed at once then. */
  async run<Value>(work: (tx: Queries) => Promise<Value>): Promise<Value> {
    const value = await this.database.prisma.$transaction(work, { maxWait: MAX_WAIT_MS, timeout: TIMEOUT_MS });
    this.outbox.wake();
    return value;
  }
}
