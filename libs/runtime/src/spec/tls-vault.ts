import { type ChannelOptions, Server, type UntypedServiceImplementation, status } from '@grpc/grpc-js';
import { VaultService } from '@hookwright/contracts';
import type { GrpcCredentials } from '../grpc/grpc-credentials.ts';
import { packageDefinition } from '../grpc/package-definition.ts';

export interface TlsVault {
  readonly address: string;
  stop(): void;
}

/** A vault of one method, ListSecrets, in this process: its certificates can be changed by the spec. */
export async function startTlsVault(credentials: GrpcCredentials['server'], options: ChannelOptions = {}): Promise<TlsVault> {
  const server = new Server(options);
  const methods = packageDefinition(VaultService)[VaultService.typeName] ?? {};
  const handlers: UntypedServiceImplementation = {};
  for (const name of Object.keys(methods)) {
    handlers[name] = (_call: unknown, reply: (error: { code: status } | null, response?: object) => void) =>
      name === 'ListSecrets' ? reply(null, { secrets: [] }) : reply({ code: status.UNIMPLEMENTED });
  }
  server.addService(methods, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}
