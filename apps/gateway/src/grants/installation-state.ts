import { type Installation, InstallationStatus } from '@hookwright/contracts';
import { INSTALLATION_SCOPE } from '../oauth/resources.ts';
import type { InstallationState } from './grants.repository.ts';

/**
 * What an installation's grants have to follow of it. One that is suspended with its app goes on here: the app is held as a whole
 * (AppHolds), and nobody asks for each installation when that ends.
 */
export function stateOf({ id, generation, sequence, status, suspendedWithApp, grantedScopes }: Installation): InstallationState {
  const scopes = [INSTALLATION_SCOPE, ...grantedScopes];
  const state = { installationId: id, sequence, status: suspendedWithApp ? 'going' : statusOf(status), scopes } as const;
  // What waits for consent has the number that it will begin with: there are no grants of it, and those of a moment later must go on.
  return { ...state, generation: status === InstallationStatus.PENDING_CONSENT ? generation - 1 : generation };
}

function statusOf(status: InstallationStatus): InstallationState['status'] {
  if (status === InstallationStatus.SUSPENDED) return 'suspended';
  return status === InstallationStatus.ACTIVE || status === InstallationStatus.PENDING_PERMISSION_UPGRADE ? 'going' : 'ended';
}
