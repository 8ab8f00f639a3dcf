export { killBeforePublishing } from './failpoint.ts';
export { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.ts';
export { type OutboxMessage, type OutboxRow, outboxRow } from './outbox-row.ts';
