import { Problem } from '@hookwright/runtime';
import type { Position } from './deliveries.repository.ts';

const CURSOR = /^(\d{1,15})\.(dlv_[0-9a-z]{1,40})$/;

/** A page's last row as opaque text. */
export function encodeCursor({ createdAt, id }: Position): string {
  return Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');
}

/** Undefined for the empty cursor of a first page. Throws `invalid_cursor` for one that is not ours. */
export function decodeCursor(cursor: string): Position | undefined {
  if (cursor === '') return undefined;
  const match = CURSOR.exec(Buffer.from(cursor, 'base64url').toString());
  if (match?.[1] === undefined || match[2] === undefined) throw new Problem('invalid_cursor', 'The cursor is not one of ours.');
  return { createdAt: new Date(Number(match[1])), id: match[2] };
}
