import type { DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type ChannelOptions, Client, Metadata, type MethodDefinition, type ServiceError, status as Status } from '@grpc/grpc-js';
import { budgetLeftMs } from '../budget.ts';
import { actorMetadata } from './actor.ts';
import { callerMetadata } from './caller.ts';
import { type GrpcCredentials, PLAIN } from './grpc-credentials.ts';
import { packageDefinition } from './package-definition.ts';
import { problemOfStatus } from './problem-status.ts';

export interface CallOptions {
  /** Instead of the client's own and of what is left of the budget, for a call that is known to take longer. */
  readonly timeoutMs?: number;
}

export interface ClientOptions {
  /** Name of the service that asks, for the records of the one that is asked. */
  readonly caller?: string;
  readonly timeoutMs?: number;
  /** Default: no TLS. */
  readonly credentials?: GrpcCredentials['channel'];
}

/** A service's unary methods as promises, typed by its generated descriptor. */
export type PromiseClient<Service extends DescService> = {
  [Method in keyof Service['method']]: (
    request: MessageInitShape<Service['method'][Method]['input']>,
    options?: CallOptions,
  ) => Promise<MessageShape<Service['method'][Method]['output']>>;
} & { close(): void };

// A service that comes back is used again within a second or two, not after grpc-js' default of up to two minutes.
const CHANNEL: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 5000,
};

/**
 * A client of one of our services. With TLS the certificate at the address has to be the service's own, whatever the address is called.
 * Every call has a deadline, not after the end of its caller's budget; a failed one rejects with the Problem that the service threw, or with
 * `service_unavailable` when it cannot be reached.
 */
export function grpcClient<Service extends DescService>(
  service: Service,
  address: string,
  { caller, timeoutMs = 2000, credentials = PLAIN.channel }: ClientOptions = {},
): PromiseClient<Service> {
  const client = new Client(address, credentials, { ...CHANNEL, 'grpc.ssl_target_name_override': certificateName(service) });
  const definitions = packageDefinition(service)[service.typeName];
  const metadata = caller === undefined ? new Metadata() : callerMetadata(caller);
  const calls = service.methods.map((method) => {
    const definition = definitions?.[method.name];
    if (definition === undefined) throw new Error(`${service.typeName} has no method ${method.name}`);
    return [
      method.localName,
      (request: object, options?: CallOptions) =>
        call({ client, definition, metadata, timeoutMs: Math.min(timeoutMs, budgetLeftMs()), name: service.name, ...options }, request),
    ];
  });
  return { ...Object.fromEntries(calls), close: () => client.close() } as PromiseClient<Service>;
}

/** `vault` of VaultService. */
function certificateName(service: DescService): string {
  return service.name.replace(/Service$/, '').toLowerCase();
}

interface Call {
  readonly client: Client;
  readonly definition: MethodDefinition<object, object>;
  readonly metadata: Metadata;
  readonly timeoutMs: number;
  readonly name: string;
}

function call({ client, definition, metadata, timeoutMs, name }: Call, request: object): Promise<object> {
  const { path, requestSerialize, responseDeserialize } = definition;
  const what = name.replace(/Service$/, ' service');
  // Not begun: what the service would do after its caller was answered, nobody hears of.
  if (timeoutMs <= 0) return Promise.reject(problemOfStatus({ code: Status.DEADLINE_EXCEEDED, metadata: new Metadata() }, what));
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, response?: object): void => {
      if (error !== null) reject(problemOfStatus(error, what));
      else if (response === undefined) reject(new Error(`${path} answered nothing`));
      else resolve(response);
    };
    const deadline = Date.now() + timeoutMs;
    const sent = actorMetadata();
    sent.merge(metadata);
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, sent, { deadline }, done);
  });
}
