import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { validationFailed } from '@hookwright/runtime';
import { Database } from '../database/database.ts';
import { Outbox } from '../database/outbox.ts';
import { Transactions } from '../database/transactions.ts';
import { type EventType, eventTypeSnapshot } from './event-type.ts';
import { checkEventType } from './event-type-rules.ts';
import { EventTypesRepository } from './event-types.repository.ts';

@Injectable()
export class EventTypesService {
  constructor(
    private readonly database: Database,
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly eventTypes: EventTypesRepository,
  ) {}

  list(): Promise<EventType[]> {
    return this.eventTypes.list(this.database.prisma);
  }

  /** Makes or replaces one. True when it is new. */
  async upsert(eventType: EventType): Promise<boolean> {
    const errors = checkEventType(eventType);
    if (errors.length > 0) throw validationFailed(errors);
    return this.transactions.run(async (tx) => {
      const created = await this.eventTypes.insert(tx, eventType);
      if (!created) {
        if (isDeepStrictEqual(await this.eventTypes.lock(tx, eventType.type), eventType)) return false;
        await this.eventTypes.update(tx, eventType);
      }
      await this.outbox.add(tx, [eventTypeSnapshot(eventType)]);
      return created;
    });
  }

  /** Publishes what a migration put into the catalogue, once. Number of types. */
  announce(): Promise<number> {
    return this.transactions.run(async (tx) => {
      const eventTypes = await this.eventTypes.lockUnannounced(tx);
      await this.outbox.add(tx, eventTypes.map(eventTypeSnapshot));
      await this.eventTypes.markAnnounced(tx, eventTypes);
      return eventTypes.length;
    });
  }
}
