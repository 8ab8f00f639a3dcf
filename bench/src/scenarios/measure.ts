import type { Publisher, PublishedEvent } from '../load/publisher.ts';
import { type Arrivals, compareArrivals, type ExpectedApp } from '../figures/arrivals.ts';
import { MemoryWatch } from '../usage/memory-watch.ts';
import { type CpuSeconds, cpuBetween, readCpu } from '../usage/usage.ts';
import type { Setting } from './setting.ts';

export const ORDERS = 'merchant.orders';

export interface Measurement extends Arrivals {
  /** CPU-seconds of each service and store, whole process trees, from before the first event until everything is recorded. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Their sum. */
  readonly cpuSum: number;
  /** CPU-seconds of the bench itself, which are not counted: publisher, receiver and this process. */
  readonly benchCpu: number;
  /** Peak resident bytes by group. */
  readonly peakBytes: Readonly<Record<string, number>>;
  /** Share of the machine's busy time that was neither the system's nor the bench's: others disturbed. */
  readonly elsewhere: number;
}

export interface Load {
  readonly publish: (publisher: Publisher) => Promise<readonly PublishedEvent[]>;
  /** Apps that must get the events. */
  readonly apps: readonly ExpectedApp[];
  /** How many pairs that makes. */
  readonly pairs: number;
  /** How long it may take until the last one came and is recorded, ms. */
  readonly timeoutMs: number;
}

/** Publishes, waits until everything arrived and is recorded, and tells what it took. */
export async function measure(setting: Setting, { publish, apps, pairs, timeoutMs }: Load): Promise<Measurement> {
  const { system, receiver, publisher, lag } = setting;
  await receiver.clear();
  const watch = new MemoryWatch(() => system.pids());
  const before = readEverything(setting);
  const events = await publish(publisher);
  await receiver.waitForPairs(pairs, timeoutMs);
  // What is not there by now is lost, unless it is still under way: then no figure would mean anything.
  await lag.gone(ORDERS, timeoutMs);
  const used = cpuBetween(before, readEverything(setting));
  const peakBytes = watch.stop();
  const arrivals = compareArrivals(events, apps, await receiver.log());
  const cpu = Object.fromEntries(Object.entries(used.groups).filter(([group]) => group !== BENCH));
  const cpuSum = sum(Object.values(cpu));
  const benchCpu = used.groups[BENCH] ?? 0;
  return { ...arrivals, cpu, cpuSum, benchCpu, peakBytes, elsewhere: (used.machine - cpuSum - benchCpu) / used.machine };
}

/** Deliveries for each CPU-second of everything that is not the bench. */
export function perCpuSecond({ delivered, cpuSum }: Measurement): number {
  return delivered / cpuSum;
}

/** One line: what was delivered, and where the CPU time went. */
export function describeCpu({ cpu, cpuSum, benchCpu, delivered, elapsedMs }: Measurement): string {
  const parts = Object.entries(cpu).map(([group, seconds]) => `${group} ${seconds.toFixed(2)}`);
  return `${delivered} deliveries in ${(elapsedMs / 1000).toFixed(2)} s, ${cpuSum.toFixed(2)} CPU-seconds: ${parts.join(', ')}; bench ${benchCpu.toFixed(2)}`;
}

/** The sum of measurements of the same kind, as one. */
export function addUp(all: readonly Measurement[]): Measurement {
  const cpu = merge(
    all.map((each) => each.cpu),
    (a, b) => a + b,
  );
  return {
    delivered: sum(all.map((each) => each.delivered)),
    lost: sum(all.map((each) => each.lost)),
    repeated: sum(all.map((each) => each.repeated)),
    unexpected: sum(all.map((each) => each.unexpected)),
    latenciesMs: all.flatMap((each) => each.latenciesMs),
    elapsedMs: sum(all.map((each) => each.elapsedMs)),
    cpu,
    cpuSum: sum(all.map((each) => each.cpuSum)),
    benchCpu: sum(all.map((each) => each.benchCpu)),
    peakBytes: merge(
      all.map((each) => each.peakBytes),
      Math.max,
    ),
    elsewhere: Math.max(...all.map((each) => each.elsewhere)),
  };
}

/** Group of the bench's own processes: used, but not counted. */
const BENCH = 'bench';

function readEverything({ system, receiver, publisher }: Setting): CpuSeconds {
  const cpu = readCpu(new Map<string, readonly number[]>([...system.pids(), [BENCH, [receiver.pid, publisher.pid]]]));
  // This process by itself: its children are the others.
  const { user, system: kernel } = process.cpuUsage();
  return { ...cpu, groups: { ...cpu.groups, [BENCH]: (cpu.groups[BENCH] ?? 0) + (user + kernel) / 1e6 } };
}

function merge(
  records: readonly Readonly<Record<string, number>>[],
  join: (a: number, b: number) => number,
): Readonly<Record<string, number>> {
  const merged: Record<string, number> = {};
  for (const [key, value] of records.flatMap((record) => Object.entries(record))) {
    const present = merged[key];
    merged[key] = present === undefined ? value : join(present, value);
  }
  return merged;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
