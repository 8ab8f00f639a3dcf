// Without an event's body, kept for 7 days, nothing can be sent. Both bounds let the planner leave out the other days' partitions.

/** Of a delivery whose event is kept. */
export const IS_KEPT = `created_at > now() - interval '8 days' AND created_at < now() + interval '1 day'`;
/** Of one whose event is not kept any more. */
export const IS_EXPIRED = `created_at <= now() - interval '8 days'`;
