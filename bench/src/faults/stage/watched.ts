import { ApiUser } from './api-user.ts';
import { exitsOf } from './exits.ts';
import { HealthWatch } from './health-watch.ts';
import type { Scene, SceneOptions } from './scene.ts';
import type { Stage } from './stage.ts';

/** A scene with someone who uses the API and someone who looks at the services' health, all the time. */
export interface Watched {
  readonly scene: Scene;
  readonly user: ApiUser;
  readonly health: HealthWatch;
  /** How often a service ended since. */
  readonly exits: () => number;
}

export async function openWatched(stage: Stage, options: SceneOptions = {}): Promise<Watched> {
  const scene = await stage.open(options);
  const { system } = scene;
  const user = stage.with(await ApiUser.start(system.apiUrl));
  const health = stage.with(new HealthWatch(system));
  const exitsBefore = exitsOf(system);
  return { scene, user, health, exits: () => exitsOf(system) - exitsBefore };
}
