import { createHash, randomBytes } from 'node:crypto';

/** What an id names: partner, app, installation, event, delivery, attempt, secret, replay, API key, request. */
export type IdPrefix = 'par' | 'app' | 'ins' | 'evt' | 'dlv' | 'att' | 'sec' | 'rpl' | 'key' | 'req';

export type Id<Prefix extends IdPrefix> = `${Prefix}_${string}`;

// Crockford's base32 in lower case: no dots (Standard Webhooks forbids them in ids), no look-alikes, sorts like its bytes.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_BYTES = 16;

/** A new id such as `app_06f1…`: 48 bits of time in ms, then 80 random bits, so that ids sort by creation; 26 characters after the prefix. */
export function newId<Prefix extends IdPrefix>(prefix: Prefix, nowMs = Date.now()): Id<Prefix> {
  const bytes = randomBytes(ID_BYTES);
  bytes.writeUIntBE(nowMs, 0, 6);
  return `${prefix}_${base32(bytes)}`;
}

/** The id partners see of an event: a hash of its source and its id there, so that an event published again keeps it. */
export function eventIdOf(source: string, id: string): Id<'evt'> {
  return `evt_${base32(hash(source, id))}`;
}

/** The id of an event's delivery to an app: a hash of both, so that a repeat anywhere in the pipeline is recognisable. */
export function deliveryIdOf(eventId: string, appId: string): Id<'dlv'> {
  return `dlv_${base32(hash(eventId, appId))}`;
}

// NUL cannot be part of either text (CloudEvents attributes exclude control characters), so no two pairs share an input.
function hash(first: string, second: string): Buffer {
  return createHash('sha256').update(first).update('\0').update(second).digest().subarray(0, ID_BYTES);
}

function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((pending >> bits) & 31);
    }
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((pending << (5 - bits)) & 31);
}
