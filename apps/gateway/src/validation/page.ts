import { z } from 'zod';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/** Query of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number<string>().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(512).default('').describe('`next_cursor` of the page before'),
});

/** A list's answer. */
export function listOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ data: z.ZodArray<Item>; next_cursor: z.ZodNullable<z.ZodString> }> {
  return z.object({ data: z.array(item), next_cursor: z.string().nullable().describe('null: this was the last page') });
}

export interface List<Item> {
  readonly data: Item[];
  readonly next_cursor: string | null;
}

export function toList<Item>(data: Item[], nextCursor: string): List<Item> {
  return { data, next_cursor: nextCursor === '' ? null : nextCursor };
}
