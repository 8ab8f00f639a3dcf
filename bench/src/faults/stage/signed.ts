import { Webhook } from 'standardwebhooks';
import { isSignedBy } from '../judge/signatures.ts';
import type { Scene } from './scene.ts';

export interface Signed {
  readonly requests: number;
  /** That their app's one secret had not signed. */
  readonly unsigned: number;
}

/** Verifies every request of a scene whose receiver keeps all of them (`sampleEvery: 1`) and whose apps keep the secret they were made with. */
export async function verifyAll(scene: Scene): Promise<Signed> {
  const webhooks = new Map(scene.apps.map(({ id, secret }) => [id, new Webhook(secret)]));
  const samples = await scene.receiver.samples();
  const unsigned = samples.filter((sample) => {
    const webhook = webhooks.get(sample.headers['webhook-app-id'] ?? '');
    return webhook === undefined || !isSignedBy(sample, webhook);
  });
  return { requests: samples.length, unsigned: unsigned.length };
}
