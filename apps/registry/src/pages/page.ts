import type { Page } from '@hookwright/contracts';
import { Problem } from '@hookwright/runtime';

/** A place in a list that is sorted by creation, newest first: what comes after it is older. Stays right when rows are added. */
export interface Place {
  readonly createdAt: Date;
  readonly id: string;
}

export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  /** undefined: from the newest. */
  readonly after: Place | undefined;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;
const CURSOR = /^(\d{1,13})\.([A-Za-z0-9_]{1,64})$/;
const MAX_CURSOR_LENGTH = 200;

/** What a request asks for. Throws the problem `invalid_cursor` for a cursor that is not one of ours. */
export function readPage(page: Pick<Page, 'limit' | 'cursor'> | undefined): PageRequest {
  const limit = page === undefined || page.limit === 0 ? DEFAULT_LIMIT : Math.min(page.limit, MAX_LIMIT);
  return { limit, after: page === undefined || page.cursor === '' ? undefined : readCursor(page.cursor) };
}

/** The rows of a page, of `limit` + 1 that were read, and the cursor of the next one: empty when there is none. */
export function cutPage<Row extends Place>(rows: readonly Row[], limit: number): { rows: readonly Row[]; nextCursor: string } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, nextCursor: rows.length > limit && last !== undefined ? writeCursor(last) : '' };
}

/** Prisma's `where` for the rows after a place. The first condition lets an index range begin there. */
export function olderThan(place: Place | undefined) {
  if (place === undefined) return {};
  const { createdAt, id } = place;
  return { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}

/** Prisma's `orderBy` that goes with `olderThan`. */
export const NEWEST_FIRST = [{ createdAt: 'desc' as const }, { id: 'desc' as const }];

function writeCursor({ createdAt, id }: Place): string {
  return Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');
}

function readCursor(cursor: string): Place {
  const text = cursor.length <= MAX_CURSOR_LENGTH ? Buffer.from(cursor, 'base64url').toString() : '';
  const [, time, id] = CURSOR.exec(text) ?? [];
  if (time === undefined || id === undefined) throw new Problem('invalid_cursor', 'The cursor is not one that this list gave out.');
  return { createdAt: new Date(Number(time)), id };
}
