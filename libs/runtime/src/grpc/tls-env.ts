import { isIP } from 'node:net';
import { z } from 'zod';
import { onOff } from '../env.ts';

const file = (): z.ZodOptional<z.ZodString> => z.string().min(1).optional();

/** Variables of every service that speaks gRPC with others; its schema checks them with checkGrpcTls. */
export const grpcTlsEnv = {
  GRPC_TLS: onOff().optional().describe('mutual TLS between the services; by default on in production and off in development'),
  GRPC_TLS_CA_FILE: file().describe("PEM: the authority that signs the services' certificates, and nothing else"),
  GRPC_TLS_CERT_FILE: file().describe("PEM: the service's certificate, for its name as a DNS name, and what leads to the authority"),
  GRPC_TLS_KEY_FILE: file().describe("PEM: the certificate's key, without a passphrase"),
};

export type GrpcTlsEnv = z.infer<z.ZodObject<typeof grpcTlsEnv>> & { readonly HOOKWRIGHT_PROFILE: 'development' | 'production' };

const FILES = ['GRPC_TLS_CA_FILE', 'GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE'] as const;

/** Whether the service speaks TLS with the others. A variable that was forgotten opens nothing. */
export function speaksTls({ GRPC_TLS, HOOKWRIGHT_PROFILE }: GrpcTlsEnv): boolean {
  return GRPC_TLS ?? HOOKWRIGHT_PROFILE === 'production';
}

/**
 * For a schema's superRefine: TLS needs its files, and production needs TLS as soon as a call could leave the machine.
 * `places` are the hosts, or `host:port`, at which the service serves gRPC and at which it asks others.
 */
export function checkGrpcTls(env: GrpcTlsEnv, places: readonly string[], context: z.RefinementCtx): void {
  const refuse = (variable: keyof GrpcTlsEnv, message: string): void => context.addIssue({ code: 'custom', path: [variable], message });
  if (speaksTls(env)) {
    const missing = FILES.filter((name) => env[name] === undefined);
    for (const name of missing) refuse(name, 'is required with GRPC_TLS=on, which is the default in production');
  } else if (env.HOOKWRIGHT_PROFILE === 'production' && !places.every(isLoopback)) {
    refuse('GRPC_TLS', 'must be on in the production profile, unless HOST and every address are on loopback');
  }
}

function isLoopback(place: string): boolean {
  const host = isIP(place) === 0 ? place.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1') : place;
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
