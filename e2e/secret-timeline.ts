/** A signing secret as its partner knows it. Times are those of the answers, in ms. */
export interface KnownSecret {
  readonly id: string;
  readonly text: string;
  readonly sinceMs: number;
  readonly endsMs?: number;
  /** It was ended, by hand or by a later rotation; otherwise it ran out. */
  readonly isEnded?: boolean;
}

export interface Rotated {
  readonly id: string;
  readonly text: string;
  /** Of the secret before. */
  readonly previousEndsMs: number;
  readonly atMs: number;
}

// api.md: a change counts within a second, what ran out may sign for five more.
const IN_EFFECT_MS = 1000;
const RAN_OUT_MS = 5000;
/** From being signed until having arrived, and the clocks' reading: this is about which secret signs, bench/ says how fast. */
const MARGIN_MS = 1500;

/** After a rotation with `force`: one that was ending ends at once. */
export function rotated(secrets: readonly KnownSecret[], { id, text, previousEndsMs, atMs }: Rotated): KnownSecret[] {
  const before = secrets.map((secret) => {
    if (secret.endsMs === undefined) return { ...secret, endsMs: previousEndsMs, isEnded: previousEndsMs <= atMs };
    return secret.endsMs > atMs ? { ...secret, endsMs: atMs, isEnded: true } : secret;
  });
  return [...before, { id, text, sinceMs: atMs }];
}

/** After an early revoke of one of them. */
export function revoked(secrets: readonly KnownSecret[], id: string, atMs: number): KnownSecret[] {
  return secrets.map((secret) => (secret.id === id ? { ...secret, endsMs: atMs, isEnded: true } : secret));
}

/** Those that are live, oldest first. */
export function liveAt(secrets: readonly KnownSecret[], atMs: number): KnownSecret[] {
  return secrets.filter(({ endsMs }) => endsMs === undefined || endsMs > atMs);
}

/** Whose signature a request that arrived then must have. */
export function mustSign(secrets: readonly KnownSecret[], arrivedMs: number): KnownSecret[] {
  return secrets.filter(
    ({ sinceMs, endsMs }) => arrivedMs >= sinceMs + IN_EFFECT_MS + MARGIN_MS && (endsMs === undefined || arrivedMs <= endsMs - MARGIN_MS),
  );
}

/** Whose it may have. */
export function maySign(secrets: readonly KnownSecret[], arrivedMs: number): KnownSecret[] {
  return secrets.filter(
    ({ endsMs, isEnded = false }) => endsMs === undefined || arrivedMs <= endsMs + (isEnded ? IN_EFFECT_MS : RAN_OUT_MS) + MARGIN_MS,
  );
}
