import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GetMasterKeyStatusResponseSchema } from '@hookwright/contracts';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { MasterKeyStatus } from './master-key-status.ts';

/** The part of VaultService (proto/vault/v1) that is about the master key. */
@Controller()
export class MasterKeyController {
  constructor(private readonly status: MasterKeyStatus) {}

  @GrpcMethod('VaultService', 'GetMasterKeyStatus')
  async getMasterKeyStatus(): Promise<MessageInitShape<typeof GetMasterKeyStatusResponseSchema>> {
    const { keyId, secrets, left, keys } = await this.status.get();
    return { keyId, secrets, left, keys: [...keys] };
  }
}
