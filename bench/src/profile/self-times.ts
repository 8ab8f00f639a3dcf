import type { CpuProfile } from './profiler.ts';

export interface SelfTime {
  /** `name (file:line)`. */
  readonly where: string;
  readonly ms: number;
  /** Of the time the process was not idle. */
  readonly share: number;
}

const IDLE = '(idle)';

/** Where the process itself was, longest first: each function's own time, not that of what it called. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): readonly SelfTime[] {
  const byId = new Map(nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const where = byId.get(id) ?? IDLE;
    times.set(where, (times.get(where) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  times.delete(IDLE);
  const busy = [...times.values()].reduce((sum, ms) => sum + ms, 0);
  return [...times].map(([where, ms]) => ({ where, ms, share: ms / busy })).sort((a, b) => b.ms - a.ms);
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  // What lies above node_modules or the project's folders is the same for all.
  const file = url.replace(/^.*\/(?=node_modules\/|apps\/|libs\/)/, '');
  return `${name} (${file}:${lineNumber + 1})`;
}
