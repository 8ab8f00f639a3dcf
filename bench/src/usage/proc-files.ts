/** What a /proc/<pid>/stat says of CPU time and parentage. Pure: the text in, the figures out. */
export interface ProcStat {
  readonly pid: number;
  readonly parentPid: number;
  /** Own user and system time in clock ticks. */
  readonly ownTicks: number;
  /** The same of children that ended and were waited for: PostgreSQL's backends come and go. */
  readonly childTicks: number;
}

/** Linux tells ticks of 10 ms to programs, on every architecture (proc(5), USER_HZ). */
export const TICKS_PER_SECOND = 100;
/** statm counts pages. Those of x86-64 and most arm64 systems; where they are larger, memory reads too small. */
const PAGE_BYTES = 4096;

/** Source: proc_pid_stat(5). The name in parentheses may hold anything, spaces and parentheses too. */
export function parseStat(text: string): ProcStat {
  const nameEnd = text.lastIndexOf(')');
  // The first field after the name, the state, is field 3.
  const fields = text.slice(nameEnd + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { pid: Number.parseInt(text, 10), parentPid: field(4), ownTicks: field(14) + field(15), childTicks: field(16) + field(17) };
}

export interface ProcMemory {
  readonly residentBytes: number;
  /** Of these, pages that belong to files or to shared memory: PostgreSQL's processes all count the same buffers. */
  readonly sharedBytes: number;
}

/** Source: proc_pid_statm(5). */
export function parseStatm(text: string): ProcMemory {
  const [, resident = 0, shared = 0] = text.split(' ').map(Number);
  return { residentBytes: resident * PAGE_BYTES, sharedBytes: shared * PAGE_BYTES };
}

/** Busy ticks of the whole machine from /proc/stat: everything but idle and waiting for disks. Guest time is in user time already. */
export function parseMachineTicks(text: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (text.split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

/** The pids and all their descendants. */
export function withDescendants(roots: readonly number[], all: readonly ProcStat[]): readonly ProcStat[] {
  const byParent = new Map<number, ProcStat[]>();
  for (const stat of all) {
    const siblings = byParent.get(stat.parentPid);
    if (siblings === undefined) byParent.set(stat.parentPid, [stat]);
    else siblings.push(stat);
  }
  const found = all.filter(({ pid }) => roots.includes(pid));
  for (const stat of found) found.push(...(byParent.get(stat.pid) ?? []));
  return found;
}
