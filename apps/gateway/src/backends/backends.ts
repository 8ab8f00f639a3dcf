import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DeliveryService, RegistryService, VaultService } from '@hookwright/contracts';
import { type GrpcCredentials, type PromiseClient, grpcClient } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';

// Below the 2 s in which a caller must have its 503.
const OPTIONS = { caller: 'gateway', timeoutMs: 1800 };
/** For calls in which the registry resolves the endpoint's host name, which may take it 2 s. */
export const RESOLVING_TIMEOUT_MS = 4500;

/** Injection token of what the gateway shows them: gRPC channel credentials. */
export const BACKEND_CREDENTIALS = Symbol('backend credentials');

export type Registry = PromiseClient<typeof RegistryService>;
export type Vault = PromiseClient<typeof VaultService>;
export type DeliveryLog = PromiseClient<typeof DeliveryService>;

/** The services behind the door, asked over gRPC. */
@Injectable()
export class Backends implements OnApplicationShutdown {
  readonly registry: Registry;
  readonly vault: Vault;
  readonly deliveryLog: DeliveryLog;

  constructor(@Inject(ENV) env: GatewayEnv, @Inject(BACKEND_CREDENTIALS) credentials: GrpcCredentials['channel']) {
    const options = { ...OPTIONS, credentials };
    this.registry = grpcClient(RegistryService, env.REGISTRY_ADDRESS, options);
    this.vault = grpcClient(VaultService, env.VAULT_ADDRESS, options);
    this.deliveryLog = grpcClient(DeliveryService, env.DELIVERY_ADDRESS, options);
  }

  onApplicationShutdown(): void {
    this.registry.close();
    this.vault.close();
    this.deliveryLog.close();
  }
}
