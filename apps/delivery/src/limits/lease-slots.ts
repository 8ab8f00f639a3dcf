/** Moments at which an app may be sent something, one every `intervalMs`. */
export interface Lease {
  readonly slots: number;
  /** Of the first; negative: it has passed already. */
  readonly startInMs: number;
  /** When asking again makes sense. */
  readonly againInMs: number;
}

export interface SlotsWanted {
  readonly intervalMs: number;
  readonly slots: number;
}

/** An app that was idle may catch up so much: a sixtieth over its rate in the first minute, where a bucket of a minute would let twice through. */
export const BURST_MS = 1000;
/** Slots are given out so long before their time: a busy worker asks at most twice a second for an app. */
export const AHEAD_MS = 500;

/**
 * Takes slots from an app's timeline (GCRA: all that is kept is the time of the next free slot). Returns the lease and the new next slot.
 * Pure, for one process; the same in Lua for all: LEASE.
 */
export function leaseSlots(
  nextMs: number | undefined,
  nowMs: number,
  { intervalMs, slots: wanted }: SlotsWanted,
): { lease: Lease; nextMs: number } {
  // What lies further ahead was written when the rate was lower.
  const firstMs = Math.min(Math.max(nextMs ?? nowMs, nowMs - BURST_MS), nowMs + AHEAD_MS + intervalMs);
  const slots = Math.max(0, Math.min(wanted, Math.floor((nowMs + AHEAD_MS - firstMs) / intervalMs) + 1));
  const afterMs = firstMs + slots * intervalMs;
  return { lease: { slots, startInMs: firstMs - nowMs, againInMs: Math.max(0, afterMs - nowMs - AHEAD_MS) }, nextMs: afterMs };
}

/** KEYS: the app's timeline; ARGV: interval in ms, slots wanted. By Redis's own clock. Returns slots, start in ms, again in ms; the last two as text. */
export const LEASE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local interval = tonumber(ARGV[1])
local first = tonumber(redis.call('GET', KEYS[1]) or now)
first = math.min(math.max(first, now - ${BURST_MS}), now + ${AHEAD_MS} + interval)
local slots = math.max(0, math.min(tonumber(ARGV[2]), math.floor((now + ${AHEAD_MS} - first) / interval) + 1))
local after = first + slots * interval
if slots > 0 then
  redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil(math.max(0, after - now)) + ${BURST_MS})
end
return { slots, string.format('%.3f', first - now), string.format('%.3f', math.max(0, after - now - ${AHEAD_MS})) }`;
