// Later than now are clocks that go ahead.
const TEXT = `
SELECT id FROM delivery
WHERE id = ANY($1::text[]) AND created_at > to_timestamp($2::float8 / 1000) AND created_at < now() + interval '1 day'`;

/** Which of the deliveries have a row already, made after that time. */
export function findRecorded(ids: readonly string[], afterMs: number): { name: string; text: string; values: unknown[] } {
  return { name: 'find-recorded', text: TEXT, values: [ids, afterMs] };
}
