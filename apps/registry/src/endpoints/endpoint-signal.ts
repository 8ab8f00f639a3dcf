import { fromBinary } from '@bufbuild/protobuf';
import { EndpointSignalKind, EndpointSignalSchema } from '@hookwright/contracts';
import type { ObservedFault } from './endpoints.service.ts';

const REASONS: Readonly<Partial<Record<EndpointSignalKind, ObservedFault['reason']>>> = {
  [EndpointSignalKind.GONE]: 'gone_410',
  [EndpointSignalKind.SUSTAINED_FAILURE]: 'sustained_failure',
};

/** A message of delivery.endpoint-signals; undefined when it cannot be read, or is of a kind this version does not know. */
export function readSignal(value: Uint8Array | null): ObservedFault | undefined {
  if (value === null) return undefined;
  try {
    const { appId, endpointRevision, kind } = fromBinary(EndpointSignalSchema, value);
    const reason = REASONS[kind];
    return reason === undefined || appId === '' ? undefined : { appId, endpointRevision, reason };
  } catch {
    return undefined;
  }
}
