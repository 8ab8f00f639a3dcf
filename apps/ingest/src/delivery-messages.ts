import { type Event, MAX_APPS_PER_MESSAGE, type MatchedApp, encodeDeliveryHeaders } from '@hookwright/contracts';
import type { OutgoingMessage } from '@hookwright/kafka';

/**
 * The messages of webhook.deliveries for one event: one, or for a large fan-out one for each 64 apps. All have the merchant as key; the
 * second and later ones choose their partition by their number too, so that they spread over the workers. `data` is passed on untouched.
 */
export function deliveryMessages(event: Event, apps: readonly MatchedApp[], data: Buffer): OutgoingMessage[] {
  const messages: OutgoingMessage[] = [];
  for (let at = 0; at < apps.length; at += MAX_APPS_PER_MESSAGE) {
    const chunk = at / MAX_APPS_PER_MESSAGE;
    messages.push({
      key: event.merchantId,
      value: data,
      headers: encodeDeliveryHeaders(event, apps.slice(at, at + MAX_APPS_PER_MESSAGE)),
      ...(chunk === 0 ? {} : { partitionKey: `${event.merchantId}#${chunk}` }),
    });
  }
  return messages;
}
