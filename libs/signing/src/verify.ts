import { timingSafeEqual } from 'node:crypto';
import { parseSecret } from './secret.ts';
import { signV1 } from './sign.ts';

// Standard Webhooks 1.0.0 leaves it open; its reference libraries take five minutes.
const DEFAULT_TOLERANCE_SECONDS = 5 * 60;

const WHOLE_SECONDS = /^\d{1,12}$/;

/** What a receiver has in hand when a webhook arrives. */
export interface VerifyRequest {
  /** `whsec_…` texts, any of which may have signed. */
  readonly secrets: readonly string[];
  /** The request's headers, names in any case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body's bytes as they came, before any parsing. */
  readonly body: Buffer;
  readonly nowSeconds: number;
  /** How far the timestamp may be from now, either way. Default 300. */
  readonly toleranceSeconds?: number;
}

/** Why a webhook is not authentic. */
export type VerifyFailure = 'missing_header' | 'invalid_timestamp' | 'too_old' | 'too_new' | 'invalid_secret' | 'no_matching_signature';

/** The verified id and timestamp, or why the webhook is refused. */
export type VerifyResult =
  { readonly ok: true; readonly id: string; readonly timestampSeconds: number } | { readonly ok: false; readonly reason: VerifyFailure };

/** Whether a webhook was signed with one of the secrets, lately. Signatures of other versions are passed over. Source: Standard Webhooks 1.0.0. */
export function verify({ secrets, headers, body, nowSeconds, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS }: VerifyRequest): VerifyResult {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature');
  if (!id || !timestamp || !signatures) return { ok: false, reason: 'missing_header' };

  if (!WHOLE_SECONDS.test(timestamp)) return { ok: false, reason: 'invalid_timestamp' };
  const timestampSeconds = Number(timestamp);
  if (nowSeconds - timestampSeconds > toleranceSeconds) return { ok: false, reason: 'too_old' };
  if (timestampSeconds - nowSeconds > toleranceSeconds) return { ok: false, reason: 'too_new' };

  const offered = signatures.split(' ').map((signature) => Buffer.from(signature));
  for (const secret of secrets) {
    const parsed = parseSecret(secret);
    if (!parsed.ok) return { ok: false, reason: 'invalid_secret' };
    const expected = Buffer.from(signV1({ key: parsed.key, id, timestampSeconds, body }));
    if (offered.some((signature) => isEqual(signature, expected))) return { ok: true, id, timestampSeconds };
  }
  return { ok: false, reason: 'no_matching_signature' };
}

// The length is no secret; which byte differs would be.
function isEqual(signature: Buffer, expected: Buffer): boolean {
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

function headerOf(headers: VerifyRequest['headers'], name: string): string | undefined {
  for (const key of Object.keys(headers)) {
    if (key.toLowerCase() !== name) continue;
    const value = headers[key];
    return typeof value === 'object' ? value.join(' ') : value;
  }
  return undefined;
}
