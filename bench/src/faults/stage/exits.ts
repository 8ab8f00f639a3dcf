import type { System } from '../../system/system.ts';

/** How often a service has ended since the system was started: rows that kill nothing want 0. */
export function exitsOf(system: System): number {
  return system.replicaNames.reduce((sum, name) => sum + system.service(name).exits.length, 0);
}
