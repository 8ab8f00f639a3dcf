import { type ChannelCredentials, ServerCredentials, credentials, experimental } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { Gauge } from 'prom-client';
import { refuseStart } from '../env.ts';
import { type CertificateFiles, readCertificates } from './certificates.ts';
import { RenewedCertificates } from './renewed-certificates.ts';
import { type GrpcTlsEnv, speaksTls } from './tls-env.ts';

/** What the gRPC server and the clients of a process show each other's peers. */
export interface GrpcCredentials {
  readonly server: ServerCredentials;
  readonly channel: ChannelCredentials;
}

/** Neither side is known and everything can be read on its way: for one machine. */
export const PLAIN: GrpcCredentials = { server: ServerCredentials.createInsecure(), channel: credentials.createInsecure() };

/**
 * What the environment asks for: plain, or mutual TLS with certificates that are renewed as their files are. With files that cannot be used
 * it says why and ends the process with 1, as readEnv does.
 */
export async function readGrpcCredentials(service: string, env: GrpcTlsEnv, logger: Logger): Promise<GrpcCredentials> {
  if (!speaksTls(env)) return PLAIN;
  const { GRPC_TLS_CA_FILE: ca = '', GRPC_TLS_CERT_FILE: cert = '', GRPC_TLS_KEY_FILE: key = '' } = env;
  const read = (): ReturnType<typeof readCertificates> => readCertificates({ ca, cert, key } satisfies CertificateFiles, service);
  const first = await read();
  if (!first.ok) return refuseStart([`GRPC_TLS: ${first.reason}`]);
  const certificates = new RenewedCertificates(first.certificates, read, logger);
  certificates.watch();
  measureExpiry(certificates);
  return tlsCredentials(certificates);
}

/** Mutual TLS: a server and its callers each need a certificate of the same authority. */
export function tlsCredentials(certificates: RenewedCertificates): GrpcCredentials {
  return {
    server: experimental.createCertificateProviderServerCredentials(certificates, certificates, true),
    channel: experimental.createCertificateProviderChannelCredentials(certificates, certificates),
  };
}

function measureExpiry(certificates: RenewedCertificates): void {
  new Gauge({
    name: 'hookwright_grpc_certificate_expiry_timestamp_seconds',
    help: 'when the certificate that the service shows the others expires, in Unix time; absent without TLS',
    collect() {
      this.set(certificates.expiresAt.getTime() / 1000);
    },
  });
}
