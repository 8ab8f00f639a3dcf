import { timingSafeEqual, verify as verifyEd25519 } from 'node:crypto';
import { isPublicKey, parsePublicKey, publicKeyOf } from './key-pair.ts';
import { parseSecret } from './secret.ts';
import { signedBytes, type SignedContent, signV1 } from './sign.ts';

// Standard Webhooks 1.0.0 leaves it open; its reference libraries take five minutes.
const DEFAULT_TOLERANCE_SECONDS = 5 * 60;

const WHOLE_SECONDS = /^\d{1,12}$/;
const V1A = 'v1a,';
const ED25519_SIGNATURE_BYTES = 64;

/** What a receiver has in hand when a webhook arrives. */
export interface VerifyRequest {
  /** `whsec_…` texts and, of those who sign with ed25519, `whpk_…` texts: any of them may be what signed. */
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

  const offered = signatures.split(' ');
  for (const secret of secrets) {
    const isItsSignature = (isPublicKey(secret) ? byPublicKey : bySecret)(secret, { id, timestampSeconds, body });
    if (isItsSignature === undefined) return { ok: false, reason: 'invalid_secret' };
    if (offered.some(isItsSignature)) return { ok: true, id, timestampSeconds };
  }
  return { ok: false, reason: 'no_matching_signature' };
}

/** Whether a signature of the content is the secret's; undefined when the text is no secret. */
type IsSignature = ((signature: string) => boolean) | undefined;

function bySecret(secret: string, content: SignedContent): IsSignature {
  const parsed = parseSecret(secret);
  if (!parsed.ok) return undefined;
  const expected = Buffer.from(signV1({ key: parsed.key, ...content }));
  return (signature) => isEqual(Buffer.from(signature), expected);
}

function byPublicKey(text: string, content: SignedContent): IsSignature {
  const parsed = parsePublicKey(text);
  if (!parsed.ok) return undefined;
  const key = publicKeyOf(parsed.publicKey);
  const signed = signedBytes(content);
  return (signature) => {
    const bytes = signature.startsWith(V1A) ? Buffer.from(signature.slice(V1A.length), 'base64') : undefined;
    return bytes?.length === ED25519_SIGNATURE_BYTES && verifyEd25519(null, signed, key, bytes);
  };
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
