import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../access/operation.ts';
import { AppHolds } from '../holds/app-holds.ts';
import { id } from '../validation/fields.ts';
import { type AppSuspensionBody, type SuspensionInputBody, appSuspension, suspensionInput, toAppSuspension } from './operator.schema.ts';

@ApiTags('Operator')
@Controller('v1/operator/apps/:app_id')
export class OperatorAppsController {
  constructor(private readonly holds: AppHolds) {}

  @Post('suspend')
  @Operation({
    access: 'operator',
    id: 'suspendApp',
    summary: 'Suspend an app with all of its installations',
    description:
      'Idempotent. Until it is unsuspended its tokens open nothing, nobody installs it, and the events of its merchants are neither ' +
      'sent nor kept.',
    answers: { 200: appSuspension },
  })
  async suspend(
    @Param('app_id', { schema: id }) appId: string,
    @Body({ schema: suspensionInput }) { reason }: SuspensionInputBody,
  ): Promise<AppSuspensionBody> {
    return toAppSuspension(await this.holds.suspend(appId, reason));
  }

  @Post('unsuspend')
  @Operation({
    access: 'operator',
    id: 'unsuspendApp',
    summary: 'End the suspension of an app',
    description: 'Idempotent. The installations that were suspended with it come back; those that were suspended by themselves stay so.',
    answers: { 200: appSuspension },
  })
  async unsuspend(
    @Param('app_id', { schema: id }) appId: string,
    @Body({ schema: suspensionInput }) { reason }: SuspensionInputBody,
  ): Promise<AppSuspensionBody> {
    return toAppSuspension(await this.holds.unsuspend(appId, reason));
  }
}
