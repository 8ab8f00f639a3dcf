import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const FORGOTTEN = { entry: undefined, sendRequest: undefined, timeoutHandler: undefined };
const installed = new WeakSet();

/**
 * Has kafkajs look after requests that wait for their turn only while there are any: by itself it sets a timer of 1 ms again and again for each
 * connection that has ever sent something, which costs an idle service 2 % of a core. And has it let go of what an answered request holds: the
 * tables that a Map leaves behind keep it (see InWork of the delivery workers). Idempotent.
 */
export function installRequestQueue(): void {
  const queue = RequestQueue.prototype;
  if (installed.has(queue)) return;
  installed.add(queue);
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function scheduleWhenSomeWait() {
    if (this.pending.length > 0) schedule.call(this);
  };
  const fulfill = queue.fulfillRequest;
  queue.fulfillRequest = function fulfillAndForget(answer) {
    const request = this.inflight.get(answer.correlationId);
    fulfill.call(this, answer);
    if (request !== undefined) Object.assign(request, FORGOTTEN);
  };
}
