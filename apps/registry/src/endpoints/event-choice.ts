import { coversType } from '@hookwright/contracts';
import type { FieldError } from '@hookwright/runtime';
import type { EndpointChoices } from './endpoint.ts';

/** What the choice of events is held against. */
export interface EventChoiceContext {
  readonly types: readonly { readonly type: string; readonly requiredScope: string }[];
  /** Every scope that a permission of the app can bring. */
  readonly scopes: ReadonlySet<string>;
  /** Whether the body has `enabled_events`; else it is the permissions that were changed. */
  readonly given: boolean;
}

const PATTERN = /^(?:\*|[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*(?:\.\*)?)$/;
const MAX_PATTERN_LENGTH = 128;
const POINTER = '/webhook/enabled_events';

/**
 * What is wrong with `enabled_events`: a pattern that covers no known type, or an exact type whose scope no permission covers.
 * Under a prefix or * such types are simply not sent.
 */
export function checkEventChoice(patterns: readonly string[], context: EventChoiceContext): FieldError[] {
  return patterns.flatMap((pattern, index) => checkPattern(pattern, index, context));
}

/** Whether the endpoint, if there is one, wants an app's own events of that type. */
export function choosesAppEvent(endpoint: Pick<EndpointChoices, 'eventSources' | 'enabledEvents'> | null, type: string): boolean {
  if (endpoint === null || !endpoint.eventSources.includes('partner_app')) return false;
  return endpoint.enabledEvents.some((pattern) => coversType(pattern, type));
}

function checkPattern(pattern: string, index: number, { types, scopes, given }: EventChoiceContext): FieldError[] {
  const pointer = `${POINTER}/${index}`;
  if (pattern.length > MAX_PATTERN_LENGTH || !PATTERN.test(pattern)) {
    return [{ pointer, code: 'unknown_event_type', message: 'must be an event type (order.created), a prefix (order.*) or *' }];
  }
  if (!types.some(({ type }) => coversType(pattern, type))) {
    return [{ pointer, code: 'unknown_event_type', message: `${pattern} matches no known event type` }];
  }
  const scope = types.find(({ type }) => type === pattern)?.requiredScope ?? '';
  if (scope === '' || scopes.has(scope)) return [];
  const message = `${pattern} needs the scope ${scope}, which no permission of the app has`;
  return [{ pointer: given ? pointer : '/permissions', code: 'scope_not_granted_by_permissions', message }];
}
