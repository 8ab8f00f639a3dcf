import { INSTALL_CREATED_TYPE } from '@hookwright/contracts';
import type { Statement } from '../../log/sql/statement.ts';
import type { Install } from '../told-installs.ts';

/** `is_told` is null where there is no row. */
export interface CreatedRow {
  readonly installation_id: string;
  readonly generation: number;
  readonly is_told: boolean | null;
}

// Of events that were published again there may be several. Ingest marks installations of the last ten days (new-installations.ts), and
// the bounds leave out the other days' partitions. A partner's test of the event says nothing of a merchant.
const TEXT = `
SELECT wanted.installation_id, wanted.generation, created.is_told
FROM unnest($1::text[], $2::int[]) AS wanted (installation_id, generation)
CROSS JOIN LATERAL (
  SELECT bool_or(attempt_count > 0 OR next_attempt_at IS NULL) AS is_told FROM delivery
  WHERE delivery.installation_id = wanted.installation_id AND delivery.generation = wanted.generation
    AND event_type = '${INSTALL_CREATED_TYPE}' AND trigger = 'event'
    AND created_at > now() - interval '14 days' AND created_at < now() + interval '1 day'
) AS created`;

const LARGEST_INT = 2_147_483_647;

/** What became of the `install.created` of these installations: a row for each. */
export function findCreated(installs: readonly Install[]): Statement {
  const generations = installs.map(({ generation }) => Math.min(generation, LARGEST_INT));
  return { name: 'find-created', text: TEXT, values: [installs.map(({ installationId }) => installationId), generations] };
}
