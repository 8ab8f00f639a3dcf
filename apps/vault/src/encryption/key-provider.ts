/** A data key under a master key, and which master key that was: only its holder can unwrap it. */
export interface WrappedKey {
  readonly keyId: string;
  readonly bytes: Uint8Array;
}

/**
 * Holds a master key, or reaches the system that does, and never gives it away. Asynchronous because a key management service is a call
 * over the network; while that is away calls reject with `service_unavailable`, within 1.5 s. `aad` is bound to the wrapped key: it unwraps
 * only with the same.
 */
export interface KeyProvider {
  /** Names the master key that `wrap` uses now, and says nothing about its bytes. Asks the service: rejects while it cannot wrap. */
  currentKeyId(): Promise<string>;
  /** Whether `unwrap` is for what this master key wrapped. */
  owns(keyId: string): boolean;
  wrap(dataKey: Buffer, aad: Buffer): Promise<WrappedKey>;
  /** Rejects with a DecryptError for another master key's work, another aad or a changed byte. The caller zeroes the data key. */
  unwrap(wrapped: WrappedKey, aad: Buffer): Promise<Buffer>;
  close(): void;
}
