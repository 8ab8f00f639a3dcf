import { Webhook } from 'standardwebhooks';
import type { Sample } from '../../receiver/receiver-api.ts';

/** A change of an app's signing secrets as its partner saw it. Times are Unix ms. */
export interface SecretChange {
  readonly appId: string;
  readonly askedMs: number;
  readonly answeredMs: number;
  /** The new one, whsec_…; a revocation has none. */
  readonly secret?: string;
  /** The one before, and until when it signs; at or before the answer: it ended early. */
  readonly previous?: { readonly secret: string; readonly endsMs: number };
  /** Ended at once by a revocation, or by `force`. */
  readonly ended?: readonly string[];
}

/** When a secret must sign every request of its app, and when it may. */
export interface SecretLife {
  readonly appId: string;
  readonly secret: string;
  readonly mustFromMs: number;
  readonly mustUntilMs: number;
  readonly mayUntilMs: number;
}

export interface SignatureVerdict {
  readonly requests: number;
  /** Requests that no secret of their app had signed that might sign then. */
  readonly withoutValid: number;
  /** Requests that a secret had not signed that must have. */
  readonly withMissing: number;
  /** Signatures of secrets that might sign no more. */
  readonly late: number;
}

/** Any change is in effect by then (api.md). */
const IN_EFFECT_MS = 1000;
/** faults.md, V4: after its end or its revoke's answer. */
const MOST_LATE_MS = 5000;

/** The lives of all secrets; `first` are those that the apps were made with. */
export function secretLives(
  first: readonly { readonly appId: string; readonly secret: string }[],
  changes: readonly SecretChange[],
): readonly SecretLife[] {
  const lives = new Map<string, SecretLife>();
  const forever = { mustUntilMs: Infinity, mayUntilMs: Infinity };
  for (const { appId, secret } of first) lives.set(secret, { appId, secret, mustFromMs: -Infinity, ...forever });
  for (const { appId, askedMs, answeredMs, secret, previous, ended = [] } of changes) {
    if (previous !== undefined) {
      const early = previous.endsMs <= answeredMs;
      end(lives, previous.secret, early ? askedMs : previous.endsMs, Math.max(answeredMs, previous.endsMs));
    }
    for (const each of ended) end(lives, each, askedMs, answeredMs);
    if (secret !== undefined) lives.set(secret, { appId, secret, mustFromMs: answeredMs + IN_EFFECT_MS, ...forever });
  }
  return [...lives.values()];
}

/** An earlier end stays. */
function end(lives: Map<string, SecretLife>, secret: string, mustUntilMs: number, endMs: number): void {
  const life = lives.get(secret);
  if (life === undefined) throw new Error('a secret ended that nobody knows');
  lives.set(secret, {
    ...life,
    mustUntilMs: Math.min(life.mustUntilMs, mustUntilMs),
    mayUntilMs: Math.min(life.mayUntilMs, endMs + MOST_LATE_MS),
  });
}

/** Judges every request by what signed it, with the reference library of Standard Webhooks. */
export function judgeSignatures(samples: readonly Sample[], lives: readonly SecretLife[]): SignatureVerdict {
  const byApp = Map.groupBy(
    lives.map((life) => ({ ...life, webhook: new Webhook(life.secret) })),
    ({ appId }) => appId,
  );
  let [withoutValid, withMissing, late] = [0, 0, 0];
  for (const sample of samples) {
    const { atMs } = sample;
    const own = byApp.get(sample.headers['webhook-app-id'] ?? '') ?? [];
    const signed = new Set(own.filter(({ webhook }) => isSignedBy(sample, webhook)));
    const lateOnes = [...signed].filter(({ mayUntilMs }) => atMs > mayUntilMs);
    late += lateOnes.length;
    if (signed.size === lateOnes.length) withoutValid++;
    if (own.some((life) => atMs > life.mustFromMs && atMs < life.mustUntilMs && !signed.has(life))) withMissing++;
  }
  return { requests: samples.length, withoutValid, withMissing, late };
}

/** Whether one of the signatures is this secret's, whenever it was made. */
export function isSignedBy({ headers, body }: Pick<Sample, 'headers' | 'body'>, webhook: Webhook): boolean {
  const [id = '', timestamp = '', signatures = ''] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`]);
  if (id === '' || !/^\d+$/.test(timestamp)) return false;
  // The library takes bodies as text; ours are JSON, which is UTF-8.
  return signatures.split(' ').includes(webhook.sign(id, new Date(Number(timestamp) * 1000), body.toString()));
}
