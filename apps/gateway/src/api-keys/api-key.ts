import { createHash, randomBytes } from 'node:crypto';
import type { KeyMode } from '../access/caller.ts';

/** The development profile's keys; known to everybody. */
export const DEMO_KEYS: Readonly<Record<KeyMode, string>> = { live: 'hw_live_demo', test: 'hw_test_demo' };

// 20 bytes: 160 random bits, 27 characters of base64url.
const KEY_BYTES = 20;
const PREFIX_LENGTH = 12;

/** A new key, to be shown once. */
export function generateKey(mode: KeyMode): string {
  return `hw_${mode}_${randomBytes(KEY_BYTES).toString('base64url')}`;
}

export function hashKey(key: string): Buffer<ArrayBuffer> {
  return createHash('sha256').update(key).digest();
}

/** What may be kept of a key in clear, for people: `hw_live_` and four characters of 27. */
export function prefixOf(key: string): string {
  return key.slice(0, PREFIX_LENGTH);
}

export function isDemoKey(key: string): boolean {
  return key === DEMO_KEYS.live || key === DEMO_KEYS.test;
}
