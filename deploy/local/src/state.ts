import fs from 'node:fs';
import path from 'node:path';
import type { InfrastructureKind } from './infrastructure/infrastructure.ts';
import { StartError } from './root.ts';
import { removePostgresDirectory } from './stores/postgres.ts';

/** Removes everything that survives a restart. The fetched broker stays: it is a program, not state, and tests may be using it. */
export function wipeState(directory: string, kind: InfrastructureKind): void {
  if (kind === 'external') {
    throw new StartError('--fresh does not wipe stores that were given in the environment', 'Empty them by hand, and leave out --fresh.');
  }
  removePostgresDirectory(path.join(directory, 'postgres'));
  for (const entry of fs.existsSync(directory) ? fs.readdirSync(directory) : []) {
    if (!entry.startsWith('kafka-')) fs.rmSync(path.join(directory, entry), { recursive: true, force: true });
  }
}
