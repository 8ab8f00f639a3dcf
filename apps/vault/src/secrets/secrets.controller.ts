import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import type {
  CreateSecretRequest,
  CreateSecretResponseSchema,
  EraseSecretsRequest,
  EraseSecretsResponseSchema,
  GetSigningSecretsRequest,
  GetSigningSecretsResponseSchema,
  ListSecretsRequest,
  ListSecretsResponseSchema,
  RevokeSecretRequest,
  RevokeSecretResponseSchema,
  RotateSecretRequest,
  RotateSecretResponseSchema,
} from '@hookwright/contracts';
import { callerOf } from '@hookwright/runtime';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { checkApp, checkApps, checkCreate, checkRotate, checkSecret } from './requests.ts';
import { toSecretInfo, toSigningSecret } from './responses.ts';
import { schemeName } from './scheme.ts';
import { SecretsService } from './secrets.service.ts';
import { SigningSecretsService } from './signing-secrets.service.ts';

/** VaultService of proto/vault/v1. */
@Controller()
export class SecretsController {
  constructor(
    private readonly secrets: SecretsService,
    private readonly signingSecrets: SigningSecretsService,
  ) {}

  @GrpcMethod('VaultService', 'CreateSecret')
  async createSecret(request: CreateSecretRequest): Promise<MessageInitShape<typeof CreateSecretResponseSchema>> {
    checkCreate(request);
    const { info, secret } = await this.secrets.create({ ...request, scheme: schemeName(request.scheme) });
    return { info: toSecretInfo(info), secret };
  }

  @GrpcMethod('VaultService', 'RotateSecret')
  async rotateSecret(request: RotateSecretRequest): Promise<MessageInitShape<typeof RotateSecretResponseSchema>> {
    checkRotate(request);
    const { info, secret, previous } = await this.secrets.rotate({ ...request, scheme: schemeName(request.scheme) });
    const previousSecretExpiresAtMs = BigInt(previous.expiresAt.getTime());
    return { info: toSecretInfo(info), secret, previousSecretId: previous.id, previousSecretExpiresAtMs };
  }

  @GrpcMethod('VaultService', 'ListSecrets')
  async listSecrets(request: ListSecretsRequest): Promise<MessageInitShape<typeof ListSecretsResponseSchema>> {
    checkApps(request);
    const secrets = await this.secrets.list(request.appIds);
    return { secrets: secrets.map(toSecretInfo) };
  }

  @GrpcMethod('VaultService', 'RevokeSecret')
  async revokeSecret(request: RevokeSecretRequest): Promise<MessageInitShape<typeof RevokeSecretResponseSchema>> {
    checkSecret(request);
    await this.secrets.revoke(request.appId, request.secretId);
    return {};
  }

  @GrpcMethod('VaultService', 'EraseSecrets')
  async eraseSecrets(request: EraseSecretsRequest): Promise<MessageInitShape<typeof EraseSecretsResponseSchema>> {
    checkApp(request);
    await this.secrets.erase(request.appId);
    return {};
  }

  @GrpcMethod('VaultService', 'GetSigningSecrets')
  async getSigningSecrets(
    request: GetSigningSecretsRequest,
    metadata: Metadata,
  ): Promise<MessageInitShape<typeof GetSigningSecretsResponseSchema>> {
    checkApps(request);
    const apps = await this.signingSecrets.open({ appIds: request.appIds, reader: callerOf(metadata) });
    return { apps: apps.map(({ secrets, ...app }) => ({ ...app, secrets: secrets.map(toSigningSecret) })) };
  }
}
