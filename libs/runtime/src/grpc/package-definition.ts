import { type DescMessage, type DescService, type MessageInitShape, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';

/** Methods by name, by the service's full name: what `loadPackageDefinition` of grpc-js takes. */
export type PackageDefinition = Record<string, Record<string, MethodDefinition<object, object>>>;

/** A protobuf-es service as grpc-js (and through it Nest) wants it, so that gRPC and Kafka share one generated set of messages. */
export function packageDefinition(service: DescService): PackageDefinition {
  const methods = service.methods.map((method) => [method.name, methodDefinition(method)]);
  return { [service.typeName]: Object.fromEntries(methods) as PackageDefinition[string] };
}

function methodDefinition(method: DescService['methods'][number]): MethodDefinition<object, object> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    ...codec(method.input, 'request'),
    ...codec(method.output, 'response'),
    originalName: method.localName,
  } as MethodDefinition<object, object>;
}

function codec(message: DescMessage, role: 'request' | 'response'): Record<string, unknown> {
  return {
    [`${role}Serialize`]: (value: MessageInitShape<DescMessage>) => Buffer.from(toBinary(message, create(message, value))),
    [`${role}Deserialize`]: (bytes: Uint8Array) => fromBinary(message, bytes),
  };
}
