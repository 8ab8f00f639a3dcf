import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.ts';
import type { EventType } from './event-type.ts';

const COLUMNS = { type: true, source: true, requiredScope: true, description: true, schema: true, example: true, mandatory: true } as const;

@Injectable()
export class EventTypesRepository {
  /** The whole catalogue, by name. */
  list(queries: Queries): Promise<EventType[]> {
    return queries.eventType.findMany({ select: COLUMNS, orderBy: { type: 'asc' } });
  }

  /** False when there is one of this name. Waits for one that is being made right now. */
  async insert(tx: Queries, eventType: EventType): Promise<boolean> {
    const { count } = await tx.eventType.createMany({ data: [{ ...eventType, announced: true }], skipDuplicates: true });
    return count === 1;
  }

  /** One that there must be; until the transaction ends nobody else changes it. */
  async lock(tx: Queries, type: string): Promise<EventType> {
    await tx.$queryRaw`SELECT 1 FROM event_type WHERE type = ${type} FOR UPDATE`;
    return tx.eventType.findUniqueOrThrow({ where: { type }, select: COLUMNS });
  }

  async update(tx: Queries, eventType: EventType): Promise<void> {
    await tx.eventType.update({ where: { type: eventType.type }, data: { ...eventType, announced: true }, select: { type: true } });
  }

  /** Those whose snapshot was never published; until the transaction ends no other process sees them so. */
  async lockUnannounced(tx: Queries): Promise<EventType[]> {
    await tx.$queryRaw`SELECT count(*) FROM (SELECT 1 FROM event_type WHERE NOT announced FOR UPDATE) AS locked`;
    return tx.eventType.findMany({ where: { announced: false }, select: COLUMNS });
  }

  async markAnnounced(tx: Queries, eventTypes: readonly EventType[]): Promise<void> {
    await tx.eventType.updateMany({ where: { type: { in: eventTypes.map(({ type }) => type) } }, data: { announced: true } });
  }
}
