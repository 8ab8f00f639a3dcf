import { type Stores, createTopics, uniqueName } from '@hookwright/testkit';
import { Receiver } from '../rig/receiver.ts';
import { Rig, rigTopicSettings, rigTopics } from '../rig/rig.ts';

export interface StartedRig {
  readonly rig: Rig;
  readonly receiver: Receiver;
  /** Of the receiver. */
  readonly url: string;
}

/** A rig with topics of its own, and an endpoint that it can send to. */
export async function startRig(stores: Stores, databaseUrl: string, name: string): Promise<StartedRig> {
  const topics = rigTopics(uniqueName(name));
  await createTopics(rigTopicSettings(topics));
  const rig = new Rig({ ...stores, databaseUrl }, topics);
  await rig.start();
  const receiver = new Receiver();
  return { rig, receiver, url: await receiver.listen() };
}
