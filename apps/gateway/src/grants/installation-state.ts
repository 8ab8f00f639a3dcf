import { type Installation, InstallationStatus } from '@hookwright/contracts';
import { INSTALLATION_SCOPE } from '../oauth/resources.ts';
import type { InstallationState } from './grants.repository.ts';

/** What an installation's grants have to follow of it. */
export function stateOf({ id, generation, sequence, status, grantedScopes }: Installation): InstallationState {
  return { installationId: id, generation, sequence, status: statusOf(status), scopes: [INSTALLATION_SCOPE, ...grantedScopes] };
}

function statusOf(status: InstallationStatus): InstallationState['status'] {
  if (status === InstallationStatus.SUSPENDED) return 'suspended';
  return status === InstallationStatus.ACTIVE || status === InstallationStatus.PENDING_PERMISSION_UPGRADE ? 'going' : 'ended';
}
