import { IS_KEPT } from '../../log/sql/kept.ts';

// A loose index scan: one step for each app with waiting rows, whatever their number, to the one that is due first. 5,000 apps take 45 ms.
const FIRST_DUE = `
  SELECT app_id, next_attempt_at FROM delivery
  WHERE next_attempt_at IS NOT NULL AND ${IS_KEPT}`;

/** The apps that have something due. */
export const LIST_DUE_APPS = {
  name: 'list-due-apps',
  text: `
WITH RECURSIVE waiting AS (
  (${FIRST_DUE} ORDER BY app_id, next_attempt_at LIMIT 1)
  UNION ALL
  SELECT next.app_id, next.next_attempt_at FROM waiting
  CROSS JOIN LATERAL (${FIRST_DUE} AND delivery.app_id > waiting.app_id ORDER BY app_id, next_attempt_at LIMIT 1) AS next
)
SELECT app_id FROM waiting WHERE next_attempt_at <= now()`,
};
