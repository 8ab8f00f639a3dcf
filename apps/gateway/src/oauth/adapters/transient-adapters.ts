import { setTimeout as delay } from 'node:timers/promises';
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Grants } from '../../grants/grants.ts';
import { adapter } from './adapter.ts';
import type { Transient, TransientStore } from './transient-store.ts';

// A code that comes again is recognised for so long after its end; then there is nothing of it any more.
const CODE_REMEMBERED_SECONDS = 600;
// Whoever was first with a code has its tokens by then, also when fifty came at once (row S6); with them the family ends, within the second
// that the row allows.
const FIRST_ONE_MS = 600;

/** An authorization request while its merchant looks at the pages. */
export function interactionAdapter(store: TransientStore): Adapter {
  return adapter('Redis', {
    upsert: async (id, payload, seconds) => {
      await store.put('Interaction', id, { payload, seconds });
    },
    find: async (id) => (await store.get('Interaction', id))?.payload,
    destroy: (id) => store.delete('Interaction', id),
  });
}

/**
 * Authorization codes. oidc-provider looks whether one was consumed when it finds it, and consumes it later: with fifty at once all would
 * pass. So who consumes it is decided here, and a second use ends the grant (RFC 6749, 4.1.2).
 */
export function codeAdapter(store: TransientStore, grants: Grants): Adapter {
  return adapter('Redis', {
    upsert: async (id, payload, seconds) => {
      await store.put('AuthorizationCode', id, { payload, seconds: seconds + CODE_REMEMBERED_SECONDS });
    },
    find: async (id) => {
      const code = await store.get('AuthorizationCode', id);
      return code?.consumedAtMs === undefined ? code?.payload : unexpired(code.payload);
    },
    consume: async (id) => {
      if (await store.consume('AuthorizationCode', id)) return;
      await endReplayed(await store.get('AuthorizationCode', id), grants);
      throw new errors.InvalidGrant('authorization code already consumed');
    },
    // Codes of a grant that has ended are refused for that; kept, they show a replay.
    revokeByGrantId: () => Promise.resolve(),
  });
}

/**
 * One that was used does not expire while it is remembered: of an expired code oidc-provider says that, and never comes to consume it, so
 * that whoever comes with it late enough would end nothing.
 */
function unexpired(payload: AdapterPayload): AdapterPayload {
  return { ...payload, exp: Math.floor(Date.now() / 1000) + CODE_REMEMBERED_SECONDS };
}

/**
 * Without the wait, those who come at once would leave nobody a token: an app that sends its request twice could not tell that from a wrong
 * code.
 */
async function endReplayed(code: Transient | undefined, grants: Grants): Promise<void> {
  const grantId = code?.payload.grantId;
  if (code === undefined || grantId === undefined) return;
  const leftMs = (code.consumedAtMs ?? 0) + FIRST_ONE_MS - Date.now();
  if (leftMs > 0) await delay(Math.min(leftMs, FIRST_ONE_MS));
  await grants.end(grantId, 'replayed');
}

/** Ids of client assertions that were used. Of two with the same id at once, both would pass oidc-provider's look-up: one is kept. */
export function replayAdapter(store: TransientStore): Adapter {
  return adapter('Redis', {
    upsert: async (id, payload, seconds) => {
      if (await store.put('ReplayDetection', id, { payload, seconds, once: true })) return;
      throw new errors.InvalidClientAuth('client assertion tokens must only be used once');
    },
    find: async (id) => (await store.get('ReplayDetection', id))?.payload,
  });
}

/**
 * oidc-provider's own session: kept nowhere. Who the merchant is says MerchantSessions alone; a second place could know another merchant
 * than the page that he sees.
 */
export function noSessions(): Adapter {
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  return adapter('Nothing', { upsert: nothing, find: nothing, findByUid: nothing, destroy: nothing });
}
