import type { Redis } from 'ioredis';
import type { DeliveryEnv } from '../env.ts';
import { breakerTransitions } from '../metrics.ts';
import { BreakerBoard } from './breaker-board.ts';
import { Breakers } from './breakers.ts';

export interface MakeBreakersOptions {
  readonly env: Pick<DeliveryEnv, 'BREAKER_WINDOW_SECONDS' | 'BREAKER_CALLS' | 'BREAKER_TIMEOUTS' | 'BREAKER_PROBE_SECONDS'>;
  readonly redis: Redis;
  /** An endpoint is well again, as this worker or another found. */
  readonly onClosed: (appId: string) => void;
}

/** The worker's breakers and the board by which the workers tell each other of theirs. */
export function makeBreakers({ env, redis, onClosed }: MakeBreakersOptions): { breakers: Breakers; board: BreakerBoard } {
  const probeEveryMs = env.BREAKER_PROBE_SECONDS * 1000;
  const breakers: Breakers = new Breakers({
    windowMs: env.BREAKER_WINDOW_SECONDS * 1000,
    calls: env.BREAKER_CALLS,
    timeouts: env.BREAKER_TIMEOUTS,
    probeEveryMs,
    claimProbe: (appId) => board.claimProbe(appId),
    onTransition: (state, breaker) => {
      breakerTransitions.inc({ state });
      board.tell(state, breaker);
      if (state === 'closed') onClosed(breaker.appId);
    },
  });
  const listener = {
    open: () => breakers.open,
    opened: breakers.openAsTold.bind(breakers),
    closed: (appId: string) => {
      breakers.forget(appId);
      onClosed(appId);
    },
  };
  const board: BreakerBoard = new BreakerBoard(redis, listener, probeEveryMs);
  return { breakers, board };
}
