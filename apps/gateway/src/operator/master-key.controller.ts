import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../access/operation.ts';
import { Backends } from '../backends/backends.ts';
import { type MasterKeyBody, masterKey, toMasterKey } from './operator.schema.ts';

@ApiTags('Operator')
@Controller('v1/operator/master-key')
export class MasterKeyController {
  constructor(private readonly backends: Backends) {}

  @Get()
  @Operation({
    access: 'operator',
    id: 'getMasterKey',
    summary: 'Which master key wraps the signing secrets, and how far its rotation has come',
    answers: { 200: masterKey },
  })
  async get(): Promise<MasterKeyBody> {
    return toMasterKey(await this.backends.vault.getMasterKeyStatus({}));
  }
}
