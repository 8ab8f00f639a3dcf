import { createHash } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import { open, seal } from '../../sealing/seal.ts';

/*
 * An opaque token, a code, or the cookie of an interaction is oidc-provider's `jti`: the id it looks them up by, and part of what it
 * stores. So the id is kept as a hash (they have 126 random bits and more: a slow one would protect nothing), and the payload sealed with
 * the id.
 */

const PURPOSE = 'hookwright oauth';

/** What is stored of an id. */
export function hashOfId(id: string): Buffer<ArrayBuffer> {
  return createHash('sha256').update(id).digest();
}

export function sealPayload(model: string, id: string, payload: AdapterPayload): Buffer<ArrayBuffer> {
  const { jti: _jti, ...rest } = payload;
  return seal(JSON.stringify(rest), { secret: id, salt: model, purpose: PURPOSE });
}

/** Throws when it was sealed for another model or id. */
export function openPayload(model: string, id: string, sealed: Uint8Array): AdapterPayload {
  const payload = JSON.parse(open(sealed, { secret: id, salt: model, purpose: PURPOSE })) as AdapterPayload;
  return { ...payload, jti: id };
}
