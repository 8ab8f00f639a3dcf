import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from './database.ts';
import { Outbox } from './outbox.ts';
import { Transactions } from './transactions.ts';

@Global()
@Module({ providers: [Database, Outbox, Transactions], exports: [Database, Outbox, Transactions] })
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  /** In this order: the relay still needs the pool to finish its batch. */
  async onApplicationShutdown(): Promise<void> {
    await this.outbox.close();
    await this.database.close();
  }
}
