import { createPublicKey, type KeyObject } from 'node:crypto';
import type { FieldError } from '@hookwright/runtime';

const MAX_LENGTH = 16_384;
const MAX_KEYS = 5;
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'use', 'alg'];
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
// NIST SP 800-131A asks for 2048; beyond 4096 a verification is slow enough to be a way to keep us busy.
const RSA_BITS = { min: 2048, max: 4096 };

type Members = Readonly<Record<string, unknown>>;

/** What is wrong with a client's public keys, a JSON Web Key Set (RFC 7517) as text; nothing with null, which is none. */
export function checkJwks(text: string | null): FieldError[] {
  if (text === null) return [];
  if (text.length > MAX_LENGTH) return [invalid('/jwks', `must have at most ${MAX_LENGTH} characters`)];
  const keys = keysOf(text);
  if (keys === undefined) return [invalid('/jwks', 'must be an object with a list "keys" of objects')];
  if (keys.length === 0 || keys.length > MAX_KEYS) return [invalid('/jwks/keys', `must have 1 to ${MAX_KEYS} keys`)];
  return keys.flatMap((key, index) => {
    const fault = faultOf(key);
    return fault === undefined ? [] : [invalid(`/jwks/keys/${index}`, fault)];
  });
}

/** The set with what keys are known by and verified with, and nothing else. A text that `checkJwks` refuses stays as it is. */
export function publicJwks(text: string): string {
  if (checkJwks(text).length > 0) return text;
  const keys = keysOf(text) ?? [];
  return JSON.stringify({
    keys: keys.map((key) => Object.fromEntries(Object.entries(key).filter(([name]) => PUBLIC_MEMBERS.includes(name)))),
  });
}

function keysOf(text: string): Members[] | undefined {
  try {
    const { keys } = JSON.parse(text) as { keys?: unknown };
    return Array.isArray(keys) && keys.every(isObject) ? keys : undefined;
  } catch {
    // Not JSON, or null.
    return undefined;
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultOf(key: Members): string | undefined {
  // First, and never repeated: whoever sends a private key by mistake must not find it stored.
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(key, name))) return 'must be a public key: it has members of a private or symmetric one';
  for (const name of ['kid', 'alg']) if (key[name] !== undefined && typeof key[name] !== 'string') return `must have a text as ${name}`;
  if (key['use'] !== undefined && key['use'] !== 'sig') return 'must be for signatures (use: sig)';
  const publicKey = importKey(key);
  return publicKey === undefined ? 'is not a public key that can be read' : faultOfKind(publicKey);
}

function importKey(key: Members): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function faultOfKind({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  if (type === 'ed25519' || (type === 'ec' && details?.namedCurve === 'prime256v1')) return undefined;
  if (type !== 'rsa') return 'must be RSA, EC on P-256 or Ed25519';
  const bits = details?.modulusLength ?? 0;
  return bits >= RSA_BITS.min && bits <= RSA_BITS.max ? undefined : `must have ${RSA_BITS.min} to ${RSA_BITS.max} bits`;
}

function invalid(pointer: string, message: string): FieldError {
  return { pointer, code: 'invalid_jwks', message };
}
