import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const installed = new WeakSet();

/**
 * Has kafkajs look after requests that wait for their turn only while there are any. By itself it sets a timer of 1 ms again and again for each
 * connection that has ever sent something, which costs an idle service 2 % of a core. Idempotent.
 */
export function installRequestQueue(): void {
  const queue = RequestQueue.prototype;
  if (installed.has(queue)) return;
  installed.add(queue);
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function scheduleWhenSomeWait() {
    if (this.pending.length > 0) schedule.call(this);
  };
}
