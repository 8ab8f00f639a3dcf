import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ServiceName } from '@hookwright/local';
import type { System } from '../system/system.ts';
import { type CpuProfile, Profiler } from './profiler.ts';
import { selfTimes } from './self-times.ts';
import { resetStatements, topStatements } from './statements.ts';

export interface Profiling {
  readonly profiled: readonly ServiceName[];
  readonly say: (line: string) => void;
}

const LINES = 40;

/** Acts while the services and PostgreSQL are profiled, if any are to be; then says where each of them was. */
export async function withProfiles<Result>(system: System, { profiled, say }: Profiling, act: () => Promise<Result>): Promise<Result> {
  if (profiled.length === 0) return await act();
  await resetStatements(system.stores.postgresUrl);
  const profilers = await Promise.all(profiled.map((service) => Profiler.start(system.inspectorPortOf(service))));
  const result = await act();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-profiles-'));
  for (const [index, profiler] of profilers.entries()) {
    const file = path.join(directory, `${profiled[index] ?? ''}.cpuprofile`);
    const profile = await profiler.stop();
    // Chrome's DevTools show the whole of it.
    fs.writeFileSync(file, JSON.stringify(profile));
    say(`${profiled[index] ?? ''}, own time of its functions (${file})`);
    sayFunctions(profile, say);
  }
  await sayStatements(system, say);
  return result;
}

function sayFunctions(profile: CpuProfile, say: Profiling['say']): void {
  for (const { where, ms, share } of selfTimes(profile).slice(0, LINES)) {
    say(`  ${(share * 100).toFixed(1).padStart(5)} %  ${ms.toFixed(0).padStart(6)} ms  ${where}`);
  }
}

async function sayStatements(system: System, say: Profiling['say']): Promise<void> {
  say('PostgreSQL, time in its statements');
  for (const { database, calls, ms, rows, text } of await topStatements(system.stores.postgresUrl)) {
    say(`  ${ms.toFixed(0).padStart(6)} ms  ${calls} calls, ${rows} rows  ${database}: ${text}`);
  }
}
