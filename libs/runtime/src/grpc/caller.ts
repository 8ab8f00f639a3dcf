import { hostname } from 'node:os';
import { Metadata } from '@grpc/grpc-js';

const CALLER_KEY = 'hw-caller';
const CALLER = /^[\w.@/:-]{1,128}$/;
const UNNAMED = 'unnamed';

/** Metadata by which a process says who it is: `delivery@worker-3/4711`, its service, host and process id. */
export function callerMetadata(service: string): Metadata {
  const metadata = new Metadata();
  metadata.set(CALLER_KEY, `${service}@${hostname()}/${process.pid}`);
  return metadata;
}

/**
 * Who calls, as the caller says: for records, never a reason to let it do something. `unnamed` for whoever says nothing usable; at most 128
 * characters of `A-Za-z0-9_.@/:-`.
 */
export function callerOf(metadata: Metadata): string {
  const [caller] = metadata.get(CALLER_KEY);
  return typeof caller === 'string' && CALLER.test(caller) ? caller : UNNAMED;
}
