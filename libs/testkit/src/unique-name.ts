import { randomBytes } from 'node:crypto';

/** `<prefix>-<10 hex digits>`: a name nobody else in the run has, valid as topic, group, database key and id. */
export function uniqueName(prefix = 'test'): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}
