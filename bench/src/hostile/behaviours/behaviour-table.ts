import type { Behaviour } from '../connection.ts';
import { flaky, ok, redirect, retryAfter, status } from './answers.ts';
import { close, garbage, half, reset, shortBody } from './broken.ts';
import { bigBody, endless, gzipBomb, hugeHeaders } from './large.ts';
import { continueOn, drip, dripHeaders, hang, slowRead } from './slow.ts';

/** Every behaviour by the first part of its path. Unknown ones, `/trap` too, answer 200: what matters is that they were asked. */
export class BehaviourTable {
  readonly #healed = new Set<string>();
  readonly #behaviours: ReadonlyMap<string, Behaviour> = new Map([
    ['hang', hang],
    ['drip', drip],
    ['drip-headers', dripHeaders],
    ['slowread', slowRead],
    ['bigbody', bigBody],
    ['endless', endless],
    ['gzipbomb', gzipBomb],
    ['hugeheaders', hugeHeaders],
    ['100continue', continueOn],
    ['redirect', redirect],
    ['loop', redirect],
    ['close', close],
    ['reset', reset],
    ['half', half],
    ['shortbody', shortBody],
    ['garbage', garbage],
    ['status', status],
    ['retry-after', retryAfter],
    ['flaky', flaky()],
  ]);

  behaviourOf(path: string): Behaviour {
    const name = path.split(/[/?]/, 2)[1] ?? '';
    return this.#healed.has(name) ? ok : (this.#behaviours.get(name) ?? ok);
  }

  /** From now on the behaviour answers 200. */
  heal(name: string): void {
    this.#healed.add(name);
  }

  /** It is itself again. */
  sicken(name: string): void {
    this.#healed.delete(name);
  }
}
