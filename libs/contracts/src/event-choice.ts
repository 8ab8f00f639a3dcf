import type { EventSource } from './generated/events/v1/event_pb.ts';

/** What an endpoint wants to get: both must fit. */
export interface EventChoice {
  readonly eventSources: readonly EventSource[];
  /** Exact types, prefixes and `*`. */
  readonly enabledEvents: readonly string[];
}

/**
 * Whether a pattern covers an event type: exact (order.created), prefix (order.*) or everything (*). `order.*` covers every type below
 * `order`, at any depth, and not `order` itself. Source: api.md, "Apps".
 */
export function coversType(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}

/** Whether an endpoint chose events of this source and type. Mandatory types are sent whatever it chose. */
export function isChosen(choice: EventChoice, { source, type }: { source: EventSource; type: string }): boolean {
  return choice.eventSources.includes(source) && choice.enabledEvents.some((pattern) => coversType(pattern, type));
}
