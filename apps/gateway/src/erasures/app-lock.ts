import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';

// Longer than the slowest calls that are made under it: two of the registry's and one of the vault's.
const HOLD_MS = 10_000;
const WAIT_MS = 1500;

/**
 * One change at a time, over all gateways, of whether an app has an endpoint and so secrets: registry and vault cannot change in one
 * transaction, and a removal that overtakes a creation would erase the secret that a partner was just shown. Likewise of its client
 * secrets, which a deletion has to find.
 */
@Injectable()
export class AppLock {
  constructor(private readonly database: Database) {}

  async hold<Result>(appId: string, work: () => Promise<Result>): Promise<Result> {
    return await this.database.locks.$transaction(
      async (transaction) => {
        await transaction.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${appId}, 0))`;
        return await work();
      },
      { timeout: HOLD_MS, maxWait: WAIT_MS },
    );
  }
}
