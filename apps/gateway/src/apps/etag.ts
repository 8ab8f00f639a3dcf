import { Problem } from '@hookwright/runtime';

/** An app's revision as an entity tag (RFC 9110, 8.8.3). */
export function etagOf(revision: bigint): string {
  return `"${revision}"`;
}

/** The revision that If-Match asks for; undefined when any will do. Throws `precondition_failed` for what cannot be one of our tags. */
export function ifMatchRevision(header: string | undefined): bigint | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  // A weak tag never matches under If-Match (RFC 9110, 13.1.1).
  const revision = /^"(\d{1,18})"$/.exec(header.trim())?.[1];
  if (revision === undefined) throw new Problem('precondition_failed', 'If-Match holds no ETag of this app.');
  return BigInt(revision);
}
