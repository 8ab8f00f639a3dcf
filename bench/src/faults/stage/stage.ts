import { randomBytes } from 'node:crypto';
import type { Ending } from '../../ending.ts';
import { STORE_NAMES } from '../../system/stores.ts';
import { System } from '../../system/system.ts';
import { Load } from './load.ts';
import { Scene, type SceneOptions } from './scene.ts';

/** A short row is for a quick look and for the tests: the same fault with a small share of the load. */
export type Size = 'full' | 'short';

export interface StageOptions extends Pick<Stage, 'size' | 'say' | 'ending'> {
  /** A system with two workers and nothing special, for scenes that want no other: starting one takes longer than a short row. */
  readonly running?: System | undefined;
}

const DEFAULT_WORKERS = 2;

/** Where a row plays. What is opened or started here is ended after the row, whatever happened. */
export class Stage {
  readonly size: Size;
  /** What is going on, live; replaces what was said before. */
  readonly say: (progress: string) => void;
  readonly ending: Ending;
  readonly #running: System | undefined;

  constructor({ size, say, ending, running }: StageOptions) {
    this.size = size;
    this.say = say;
    this.ending = ending;
    this.#running = running;
  }

  /** The figure of this size. */
  pick<T>(of: Readonly<Record<Size, T>>): T {
    return of[this.size];
  }

  /** A system with apps, receivers and a publisher; resolves when all of it was seen working. Takes about 20 s on two cores. */
  async open(options: SceneOptions = {}): Promise<Scene> {
    const system = await this.#system(options);
    // Events for the merchants of another row are none of this one's business.
    const named = system === this.#running ? { merchantPrefix: `mer_${randomBytes(3).toString('hex')}`, ...options } : options;
    return await Scene.open(system, named, this);
  }

  /** Another publisher beside the scene's: what it got accepted is not in the scene's verdict until it is added there. */
  async publisher({ system, apps }: Scene): Promise<Load> {
    return this.ending.with(await Load.start(system.kafkaBrokers, apps));
  }

  /** Ended with the row: `stage.with(new HealthWatch(system))`. */
  with<Thing extends { stop(): Promise<unknown> }>(thing: Thing): Thing {
    return this.ending.with(thing);
  }

  /** The one that runs, where it is as the scene wants it, with everything that was killed running again; else one of the scene's own. */
  async #system({ workers = DEFAULT_WORKERS, env }: SceneOptions): Promise<System> {
    const running = this.#running;
    if (running === undefined || workers !== DEFAULT_WORKERS || env !== undefined) return await this.#start({ workers, env });
    const stores = STORE_NAMES.map((name) => running.store(name));
    const services = running.replicaNames.map((name) => running.service(name));
    for (const process of [...stores, ...services].filter(({ isRunning }) => !isRunning)) await process.start();
    return running;
  }

  async #start({ workers, env }: { workers: number; env: SceneOptions['env'] }): Promise<System> {
    this.say('starting stores and services');
    return this.ending.with(await System.start({ replicas: { delivery: workers }, ...(env === undefined ? {} : { env }) }));
  }
}
