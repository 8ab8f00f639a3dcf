import type { Adapter } from 'oidc-provider';
import type { Grants } from '../../grants/grants.ts';
import { MERCHANT_RESOURCE } from '../resources.ts';
import { adapter } from './adapter.ts';
import { endGrant } from './token-adapter.ts';

/** Grants as oidc-provider reads them. They are made by the consent page (Grants.create), never by it. */
export function grantAdapter(grants: Grants): Adapter {
  return adapter('The database', {
    find: async (id) => {
      const grant = await grants.find(id);
      if (grant === undefined) return undefined;
      const { merchantId, clientId, scopes, createdAt } = grant;
      // Without an end: the family goes on for as long as its refresh tokens are used.
      return {
        jti: id,
        kind: 'Grant',
        iat: Math.floor(createdAt.getTime() / 1000),
        accountId: merchantId,
        clientId,
        resources: { [MERCHANT_RESOURCE]: scopes.join(' ') },
      };
    },
    destroy: (id) => endGrant(grants, id),
  });
}
