import type { Adapter } from 'oidc-provider';
import { type Clients, clientMetadata } from '../clients.ts';
import { adapter } from './adapter.ts';

/** Apps as clients, from the registry. */
export function clientAdapter(clients: Clients): Adapter {
  return adapter('The registry', {
    find: async (clientId) => {
      const found = await clients.find(clientId);
      return found === undefined ? undefined : clientMetadata(found.app);
    },
  });
}
