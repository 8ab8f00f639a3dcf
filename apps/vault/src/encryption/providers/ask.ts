import { unavailable, withTimeout } from '@hookwright/runtime';
import { DecryptError } from '../decrypt-error.ts';

/** Callers of the vault give up after 2 s (grpcClient). */
export const ANSWER_MS = 1500;

/**
 * A key management service's answer. Rejects with what the service says of a ciphertext (DecryptError), and with `service_unavailable` for
 * everything else: it is away, says no, has no answer within 1.5 s, or makes no sense. Nothing was stored, and the reason is the cause.
 */
export async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await withTimeout(question(), ANSWER_MS);
  } catch (error) {
    if (error instanceof DecryptError) throw error;
    throw unavailable('The key management service', error);
  }
}
