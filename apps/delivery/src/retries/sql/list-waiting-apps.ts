// A loose index scan: one step for each app with waiting rows, whatever their number. Without an event's body, kept for 7 days, nothing can
// be sent, and what is older needs not be looked for: that bounds the partitions.
export const LIST_WAITING_APPS = {
  name: 'list-waiting-apps',
  text: `
WITH RECURSIVE waiting AS (
  (SELECT app_id FROM delivery
   WHERE next_attempt_at IS NOT NULL AND created_at > now() - interval '8 days' AND created_at < now() + interval '1 day'
   ORDER BY app_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT delivery.app_id FROM delivery
    WHERE delivery.app_id > waiting.app_id AND next_attempt_at IS NOT NULL
      AND created_at > now() - interval '8 days' AND created_at < now() + interval '1 day'
    ORDER BY delivery.app_id LIMIT 1
  ) FROM waiting WHERE waiting.app_id IS NOT NULL
)
SELECT app_id FROM waiting WHERE app_id IS NOT NULL`,
};
