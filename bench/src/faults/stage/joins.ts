import type { Scene } from './scene.ts';

/** How often a member of the deliveries' group joined: the group's generation is one more each time it rebalances. */
export function joins({ system, workers }: Scene): number {
  return workers.reduce((sum, name) => sum + system.service(name).log().split('"consumer.joined"').length - 1, 0);
}
