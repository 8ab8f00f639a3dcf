import { z } from 'zod';

/** One line of text without control characters (S10 of faults.md: CR, LF and NUL end up in headers otherwise). */
export function line(maxLength: number): z.ZodString {
  return optionalLine(maxLength).min(1);
}

/** Like `line`; may be empty. */
export function optionalLine(maxLength: number): z.ZodString {
  return z
    .string()
    .max(maxLength)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must be valid Unicode');
}

/** Text of any number of lines; may be empty. */
export function text(maxLength: number): z.ZodString {
  return z
    .string()
    .max(maxLength)
    .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must be valid Unicode');
}

/** Any id of ours. Longer or stranger text is an id that nobody has. */
export const id = z.string().regex(/^[a-z]{3}_[0-9a-z_]{1,64}$/);

/** The host platform's own id of a merchant. */
export const merchantId = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ . : -')
  .meta({ examples: ['mer_demo_1'] });

/** e.g. order.created */
export const eventTypeName = z
  .string()
  .max(128)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, 'must be lower-case words with dots between them, e.g. order.created')
  .meta({ examples: ['order.created'] });

/** e.g. orders.read */
export const scopeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ . : - and begin with a letter or digit')
  .meta({ examples: ['orders.read'] });

/** Any time of RFC 3339. */
export const time = z.iso.datetime({ offset: true });

/** A time in an answer: UTC with milliseconds. */
export const utcTime = z.iso.datetime({ precision: 3 }).meta({ examples: ['2026-11-25T10:00:00.000Z'] });

export function isoTime(ms: bigint): string {
  return new Date(Number(ms)).toISOString();
}

export function isoTimeOrNull(ms: bigint | undefined): string | null {
  return ms === undefined ? null : isoTime(ms);
}

/** protobuf has no null: an empty text stands for none. */
export function textOrNull(text: string): string | null {
  return text === '' ? null : text;
}
