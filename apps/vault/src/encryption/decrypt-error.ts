/** `malformed`: not our format. `not_authentic`: changed, or bound to another secret. `unknown_key`: wrapped by a master key that is not here. */
export type DecryptFailure = 'malformed' | 'not_authentic' | 'unknown_key';

const SENTENCES: Readonly<Record<DecryptFailure, string>> = {
  malformed: 'the ciphertext is not in a known format',
  not_authentic: 'the ciphertext was changed, or belongs to another secret or key',
  unknown_key: 'the data key was wrapped by a master key that this vault does not hold',
};

/** Ciphertext that does not open. Carries no bytes of it, nor of a key. */
export class DecryptError extends Error {
  readonly failure: DecryptFailure;

  constructor(failure: DecryptFailure) {
    super(SENTENCES[failure]);
    this.name = 'DecryptError';
    this.failure = failure;
  }
}
