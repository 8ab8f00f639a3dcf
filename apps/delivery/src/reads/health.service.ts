import type { MessageInitShape } from '@bufbuild/protobuf';
import { type BreakerSchema, BreakerState, type GetEndpointHealthResponseSchema } from '@hookwright/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { BreakerState as StateName } from '../breakers/breaker-state.ts';
import type { Breakers } from '../breakers/breakers.ts';
import { DISABLE_AFTER_HOURS } from '../health/failure-rule.ts';
import { HealthRepository, MOST_COUNTED, type TrafficRow } from './health.repository.ts';

/** Injection token: the worker's view of the breakers, which it shares with the other workers. */
export const BREAKERS = Symbol('breakers');

const DISABLE_AFTER_MS = BigInt(DISABLE_AFTER_HOURS * 3_600_000);

const STATES: Readonly<Record<StateName, BreakerState>> = {
  closed: BreakerState.CLOSED,
  open: BreakerState.OPEN,
  half_open: BreakerState.HALF_OPEN,
};

@Injectable()
export class HealthService {
  constructor(
    @Inject(HealthRepository) private readonly repository: HealthRepository,
    @Inject(BREAKERS) private readonly breakers: Pick<Breakers, 'describe'>,
  ) {}

  /** How an app's endpoint is doing. An app that nothing was sent to yet is well. */
  async get(appId: string): Promise<MessageInitShape<typeof GetEndpointHealthResponseSchema>> {
    const [traffic, backlog, failingSince, warnings] = await Promise.all([
      this.repository.traffic(appId),
      this.repository.backlog(appId),
      this.repository.failingSince(appId),
      this.repository.warnings(appId),
    ]);
    const health = {
      breaker: this.breaker(appId),
      fiveMinutes: toTraffic(traffic.five_minutes),
      hour: toTraffic(traffic.hour),
      day: toTraffic(traffic.day),
      backlog: Math.min(backlog.waiting, MOST_COUNTED),
      backlogIsCut: backlog.waiting > MOST_COUNTED,
      ...(backlog.oldest_seconds !== null && { oldestPendingAgeSeconds: Math.max(0, Math.round(backlog.oldest_seconds)) }),
      warnings: warnings.map(({ hours, failing_since: since, warned_at: warnedAt }) => ({
        hours,
        failingSinceMs: toMs(since),
        warnedAtMs: toMs(warnedAt),
        disablesAtMs: toMs(since) + DISABLE_AFTER_MS,
      })),
      ...(failingSince !== undefined && { failingSinceMs: toMs(failingSince) }),
    };
    return { health };
  }

  private breaker(appId: string): MessageInitShape<typeof BreakerSchema> {
    const open = this.breakers.describe(appId);
    if (open === undefined) return { state: BreakerState.CLOSED };
    const nowMs = Date.now();
    return {
      state: STATES[open.state],
      reason: open.reason,
      openedAtMs: BigInt(Math.round(nowMs - open.openForMs)),
      nextProbeAtMs: BigInt(Math.round(nowMs + open.probeInMs)),
    };
  }
}

function toTraffic({ succeeded, failed }: TrafficRow): { succeeded: bigint; failed: bigint } {
  return { succeeded: BigInt(succeeded), failed: BigInt(failed) };
}

function toMs(date: Date): bigint {
  return BigInt(date.getTime());
}
