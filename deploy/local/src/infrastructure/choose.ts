import type { Command } from '../process/parent-death.ts';
import { dockerStores, findCompose, removeDockerStores } from './docker.ts';
import { externalStores, hasExternalStores } from './external.ts';
import type { InfrastructureKind, Site, StoreAddresses } from './infrastructure.ts';
import { localStores } from './local.ts';

export interface Choice {
  readonly kind: InfrastructureKind;
  /** Nobody asked for this kind: another may take its place. */
  readonly automatic: boolean;
  readonly compose?: Command | undefined;
}

/** Which stores this run uses: what --infra says, else the environment's, else a Docker engine's, else local processes. */
export function chooseInfrastructure(forced: InfrastructureKind | undefined, env: NodeJS.ProcessEnv): Choice {
  if (forced === 'external' || (forced === undefined && hasExternalStores(env))) return { kind: 'external', automatic: false };
  if (forced === 'local') return { kind: 'local', automatic: false };
  const compose = findCompose();
  if (forced === 'docker' || compose !== undefined) return { kind: 'docker', automatic: forced === undefined, compose };
  return { kind: 'local', automatic: true };
}

/** Brings the chosen stores up and returns how to reach them. */
export async function bringUp(choice: Choice, site: Site, env: NodeJS.ProcessEnv): Promise<StoreAddresses> {
  const { terminal } = site;
  switch (choice.kind) {
    case 'external':
      return await terminal.step(
        'stores (given in the environment)',
        () => externalStores(env),
        () => 'Kafka, PostgreSQL, Redis answer',
      );
    case 'local':
      return await localStores(site);
    case 'docker':
      return await dockerOrLocal(choice, site);
  }
}

/** Removes what a Docker engine keeps for this clone. */
export async function wipeDocker({ kind, compose }: Choice): Promise<void> {
  if (kind === 'docker' && compose !== undefined) await removeDockerStores(compose);
}

/** An engine that answers may still be unable to fetch images. Nobody who did not ask for Docker shall fail because of that. */
async function dockerOrLocal(choice: Choice, site: Site): Promise<StoreAddresses> {
  try {
    return await site.terminal.step(
      'stores (Docker Compose)',
      () => dockerStores(site, choice.compose),
      () => 'Kafka, PostgreSQL, Redis answer',
    );
  } catch (error) {
    if (!choice.automatic) throw error;
    site.terminal.say(`Docker could not bring the stores up: ${error instanceof Error ? error.message : String(error)}`);
    site.terminal.say('taking local processes instead; --infra=docker insists');
    return await localStores(site);
  }
}
