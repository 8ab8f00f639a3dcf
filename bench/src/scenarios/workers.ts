import { readMetrics } from '../faults/stage/metrics.ts';
import type { System } from '../system/system.ts';

/** How many deliveries the system's workers have parked since they started, whatever the reason, by their own metrics. */
export async function parkedBy(system: System): Promise<number> {
  return await sumOfWorkers(system, 'hookwright_deliveries_parked_total');
}

/** A metric summed over the delivery workers; 0 where one does not have it. */
export async function sumOfWorkers(system: System, metric: string): Promise<number> {
  const names = system.replicaNames.filter((name) => /^delivery(-\d+)?$/.test(name));
  const values = await Promise.all(names.map(async (name) => (await readMetrics(system.httpUrlOf(name))).get(metric) ?? 0));
  return values.reduce((sum, value) => sum + value, 0);
}
