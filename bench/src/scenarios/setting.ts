import type { Ending } from '../ending.ts';
import { Publisher } from '../load/publisher.ts';
import { Receiver } from '../receiver/receiver.ts';
import { Lag } from '../system/lag.ts';
import { type AppWish, provision, type ProvisionedApp } from '../system/provisioning.ts';
import { settled } from '../system/settled.ts';
import { System, type SystemOptions } from '../system/system.ts';

/** Everything a scenario needs, started for it alone. */
export interface Setting {
  readonly system: System;
  readonly receiver: Receiver;
  readonly publisher: Publisher;
  readonly lag: Lag;
  readonly apps: readonly ProvisionedApp[];
}

export interface SettingWish {
  readonly system?: SystemOptions;
  /** Given the receiver's addresses by number: each with an origin of its own, or all of one. */
  readonly apps: (urlOf: (number: number) => string, sharedUrlOf: (number: number) => string) => readonly AppWish[];
  readonly ending: Ending;
  /** Told what is being done. */
  readonly note: (progress: string) => void;
}

/** A new system with its apps, ready for load. What it started is stopped by `ending`. */
export async function prepareSetting({ system: options, apps, ending, note }: SettingWish): Promise<Setting> {
  note('starting stores and services');
  const receiver = ending.with(await Receiver.start());
  const system = await System.start(options, ending);
  const publisher = ending.with(await Publisher.start(system.kafkaBrokers));
  const lag = ending.with(await Lag.connect(system.kafkaBrokers));
  const wishes = apps(
    (number) => receiver.urlOf(number),
    (number) => receiver.sharedUrlOf(number),
  );
  const provisioned = await provision({
    apiUrl: system.apiUrl,
    apps: wishes,
    onProgress: (done) => note(`${done} of ${wishes.length} apps`),
  });
  await settled();
  return { system, receiver, publisher, lag, apps: provisioned };
}

/** So many merchants' ids. */
export function merchantIds(count: number, prefix = 'mer'): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}_${index + 1}`);
}
