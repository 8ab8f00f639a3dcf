import { X509Certificate } from 'node:crypto';
import type { DescService } from '@bufbuild/protobuf';
import {
  ResponderBuilder,
  type ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
  experimental,
  status as Status,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { isFor } from './certificates.ts';

/** A service as certificates name it. */
export type ServiceName = 'gateway' | 'registry' | 'vault' | 'ingest' | 'delivery';

/** Which services may call a method; `*` is for those that are not named. */
export type Callers<Service extends DescService = DescService> = {
  readonly [Method in keyof Service['method']]?: readonly ServiceName[];
} & { readonly '*': readonly ServiceName[] };

/** The server's credentials, with every call refused whose caller's certificate is not for a service that may make it. */
export function admitOnly(
  credentials: ServerCredentials,
  { service, callers, logger }: { service: DescService; callers: Callers; logger: Logger },
): ServerCredentials {
  const allowed = new Map(
    service.methods.map(({ name, localName }) => [`/${service.typeName}/${name}`, callers[localName] ?? callers['*']]),
  );
  const admit: ServerInterceptor = ({ path }, call) => {
    const certificate = call.getAuthContext().sslPeerCertificate;
    if (certificate !== undefined && isForOneOf(certificate.raw, allowed.get(path) ?? [])) return new ServerInterceptingCall(call);
    logger.error({ method: path, caller: certificate?.subjectaltname }, 'grpc.caller_refused');
    return refused(call);
  };
  return experimental.createServerCredentialsWithInterceptors(credentials, [admit]);
}

function isForOneOf(certificate: Buffer, services: readonly ServiceName[]): boolean {
  const parsed = new X509Certificate(certificate);
  return services.some((service) => isFor(parsed, service));
}

/** Ends before the request's message is read. For the caller it is a bug, not something its own caller could mend: no problem of ours. */
function refused(call: ServerInterceptingCallInterface): ServerInterceptingCall {
  const status = { code: Status.PERMISSION_DENIED, details: 'the service in your certificate may not call this method' };
  const listener = new ServerListenerBuilder().withOnReceiveMetadata(() => call.sendStatus(status)).build();
  return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
}
