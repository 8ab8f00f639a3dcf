import type { FastifyRequest } from 'fastify';
import { withActor } from '@hookwright/runtime';
import type { MerchantSession } from './merchant-sessions.ts';

/** Does what a merchant asked for on a page on his behalf: so it is in the app's audit log. */
export function asMerchant<Result>({ merchantId }: MerchantSession, { id }: Pick<FastifyRequest, 'id'>, work: () => Result): Result {
  return withActor({ kind: 'merchant', id: merchantId, requestId: id }, work);
}
