import type { KeyProvider } from '../encryption/key-provider.ts';
import { isOutdated } from './outdated.ts';
import type { KeyCount, WrappedKeysRepository } from './wrapped-keys.repository.ts';

export interface KeyStatus extends KeyCount {
  /** Whether this vault can unwrap what it wrapped. */
  readonly held: boolean;
}

export interface Status {
  /** The master key that wraps now. */
  readonly keyId: string;
  /** Secrets with key material. */
  readonly secrets: number;
  /** Of these, not under that key yet: none when a rotation is over. */
  readonly left: number;
  readonly keys: readonly KeyStatus[];
}

export interface StatusParts {
  readonly wrappedKeys: WrappedKeysRepository;
  readonly keys: KeyProvider;
}

/** How far a rotation of master keys has come, counted now. */
export class MasterKeyStatus {
  constructor(private readonly parts: StatusParts) {}

  async get(): Promise<Status> {
    const { keys, wrappedKeys } = this.parts;
    const [keyId, counts] = await Promise.all([keys.currentKeyId(), wrappedKeys.count()]);
    return {
      keyId,
      secrets: sum(counts),
      left: sum(counts.filter((count) => isOutdated(count.keyId, keyId))),
      keys: counts.map((count) => ({ ...count, held: keys.owns(count.keyId) })),
    };
  }
}

function sum(counts: readonly KeyCount[]): number {
  return counts.reduce((total, { secrets }) => total + secrets, 0);
}
