import { z } from 'zod';
import { BreakerState, type EndpointHealth, type Traffic } from '@hookwright/contracts';
import { enumSchema, enumText } from '../validation/enum-text.ts';
import { isoTime, isoTimeOrNull, textOrNull, utcTime } from '../validation/fields.ts';

const rate = z.number().min(0).max(1).nullable();
const attempts = z.object({ succeeded: z.int(), failed: z.int() });

const breaker = z.object({
  state: enumSchema(BreakerState).describe('open: nothing is sent but a probe now and then; half_open: a probe is due or under way'),
  opened_at: utcTime.nullable(),
  next_probe_at: utcTime.nullable(),
  reason: z
    .enum(['failure_rate', 'timeouts'])
    .nullable()
    .describe('at least half of the attempts failed, or several in a row had no answer in time'),
});

const warning = z.object({
  code: z.literal('failing'),
  hours: z
    .int()
    .describe('no attempt succeeded for so long')
    .meta({ examples: [24] }),
  failing_since: utcTime,
  warned_at: utcTime,
  disables_at: utcTime.describe('when the endpoint is disabled at the earliest, unless an attempt succeeds before'),
});

/** GET …/webhook/health */
export const endpointHealth = z
  .object({
    breaker,
    success_rate: z.object({ '5m': rate, '1h': rate, '24h': rate }).describe('of the attempts; null without any'),
    attempts: z.object({ '5m': attempts, '1h': attempts, '24h': attempts }),
    backlog: z.int().describe('deliveries that wait, counted up to 100,000'),
    backlog_is_cut: z.boolean().describe('there are more than were counted'),
    oldest_pending_age_seconds: z.int().nullable(),
    failing_since: utcTime.nullable().describe('the first failed attempt after the last success'),
    warnings: z.array(warning).describe('of the failure that goes on: after 1, 24 and 48 hours without a success'),
  })
  .meta({ id: 'EndpointHealth' });
export type EndpointHealthBody = z.infer<typeof endpointHealth>;

export function toEndpointHealth(health: EndpointHealth): EndpointHealthBody {
  const { breaker: circuit, fiveMinutes, hour, day, warnings } = health;
  return {
    breaker: {
      state: enumText(BreakerState, circuit?.state ?? BreakerState.CLOSED),
      opened_at: isoTimeOrNull(circuit?.openedAtMs),
      next_probe_at: isoTimeOrNull(circuit?.nextProbeAtMs),
      reason: textOrNull(circuit?.reason ?? '') as EndpointHealthBody['breaker']['reason'],
    },
    success_rate: { '5m': rateOf(fiveMinutes), '1h': rateOf(hour), '24h': rateOf(day) },
    attempts: { '5m': attemptsOf(fiveMinutes), '1h': attemptsOf(hour), '24h': attemptsOf(day) },
    backlog: health.backlog,
    backlog_is_cut: health.backlogIsCut,
    oldest_pending_age_seconds: health.oldestPendingAgeSeconds ?? null,
    failing_since: isoTimeOrNull(health.failingSinceMs),
    warnings: warnings.map(({ hours, failingSinceMs, warnedAtMs, disablesAtMs }) => ({
      code: 'failing',
      hours,
      failing_since: isoTime(failingSinceMs),
      warned_at: isoTime(warnedAtMs),
      disables_at: isoTime(disablesAtMs),
    })),
  };
}

function attemptsOf(traffic: Traffic | undefined): { succeeded: number; failed: number } {
  return { succeeded: Number(traffic?.succeeded ?? 0), failed: Number(traffic?.failed ?? 0) };
}

function rateOf(traffic: Traffic | undefined): number | null {
  const { succeeded, failed } = attemptsOf(traffic);
  const all = succeeded + failed;
  // Four digits: 0.9999 is one failure in ten thousand.
  return all === 0 ? null : Math.round((succeeded / all) * 10_000) / 10_000;
}
