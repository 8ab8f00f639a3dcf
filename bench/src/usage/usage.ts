import fs from 'node:fs';
import {
  parseMachineTicks,
  type ProcMemory,
  type ProcStat,
  parseStat,
  parseStatm,
  TICKS_PER_SECOND,
  withDescendants,
} from './proc-files.ts';

/** pids of the roots of process trees, by group. */
export type Groups = ReadonlyMap<string, readonly number[]>;

/** CPU time by group since the processes began, and of the whole machine since it did, in seconds. */
export interface CpuSeconds {
  readonly groups: Readonly<Record<string, number>>;
  readonly machine: number;
}

/**
 * CPU time of whole process trees, user and system, of what ended too as long as its parent lives. Resolution: 10 ms a process.
 * Linux only.
 */
export function readCpu(groups: Groups): CpuSeconds {
  const all = readStats();
  const seconds = [...groups].map(([group, pids]) => {
    const ticks = withDescendants(pids, all).reduce((sum, { ownTicks, childTicks }) => sum + ownTicks + childTicks, 0);
    return [group, ticks / TICKS_PER_SECOND] as const;
  });
  return { groups: Object.fromEntries(seconds), machine: parseMachineTicks(fs.readFileSync('/proc/stat', 'utf8')) / TICKS_PER_SECOND };
}

/** What was used between two readings of the same groups. */
export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  const groups = Object.entries(after.groups).map(([group, seconds]) => [group, seconds - (before.groups[group] ?? 0)] as const);
  return { groups: Object.fromEntries(groups), machine: after.machine - before.machine };
}

/** Resident bytes by group now; pages that processes of one group share are counted once (as the largest share of any of them). */
export function readMemory(groups: Groups): Readonly<Record<string, number>> {
  const all = readStats();
  const bytes = [...groups].map(([group, pids]) => [group, residentBytes(withDescendants(pids, all))] as const);
  return Object.fromEntries(bytes);
}

function residentBytes(stats: readonly ProcStat[]): number {
  const memories = stats.flatMap(({ pid }) => readMemoryOf(pid) ?? []);
  const own = memories.reduce((sum, { residentBytes: resident, sharedBytes }) => sum + resident - sharedBytes, 0);
  return own + Math.max(0, ...memories.map(({ sharedBytes }) => sharedBytes));
}

function readMemoryOf(pid: number): ProcMemory | undefined {
  const text = readIfThere(`/proc/${pid}/statm`);
  return text === undefined ? undefined : parseStatm(text);
}

function readStats(): readonly ProcStat[] {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const text = readIfThere(`/proc/${pid}/stat`);
    return text === undefined ? [] : [parseStat(text)];
  });
}

/** A process may end between being listed and being read. */
function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
