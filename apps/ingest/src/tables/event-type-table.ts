import type { EventSource, EventTypeSnapshot } from '@hookwright/contracts';

/** What the send rule asks of an event type. */
export interface EventType {
  readonly source: EventSource;
  /** Empty: no scope is needed. */
  readonly requiredScope: string;
  /** Sent whatever an endpoint chose. */
  readonly mandatory: boolean;
}

/** The catalogue by type, from registry.event-types. */
export class EventTypeTable {
  private readonly types = new Map<string, EventType>();

  get size(): number {
    return this.types.size;
  }

  put({ type, source, requiredScope, mandatory }: EventTypeSnapshot): void {
    this.types.set(type, { source, requiredScope, mandatory });
  }

  remove(type: string): void {
    this.types.delete(type);
  }

  of(type: string): EventType | undefined {
    return this.types.get(type);
  }
}
