import { type Installation, InstallationStatus } from '@hookwright/contracts';
import { INSTALLATION_SCOPE } from '../oauth/resources.ts';
import type { InstallationState } from './grants.repository.ts';

/**
 * What an installation's grants have to follow of it. One that is suspended with its app goes on here: the app is held as a whole
 * (AppHolds), and nobody asks for each installation when that ends.
 */
export function stateOf({ id, generation, sequence, status, suspendedWithApp, grantedScopes }: Installation): InstallationState {
  const scopes = [INSTALLATION_SCOPE, ...grantedScopes];
  return { installationId: id, generation, sequence, status: suspendedWithApp ? 'going' : statusOf(status), scopes };
}

function statusOf(status: InstallationStatus): InstallationState['status'] {
  if (status === InstallationStatus.SUSPENDED) return 'suspended';
  return status === InstallationStatus.ACTIVE || status === InstallationStatus.PENDING_PERMISSION_UPGRADE ? 'going' : 'ended';
}
