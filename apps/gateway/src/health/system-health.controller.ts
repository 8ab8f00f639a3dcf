import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Operation } from '../access/operation.ts';
import type { Answer } from '../http/answer.ts';
import { SystemHealth, type SystemState } from './system-health.ts';

const serviceState = z.object({ status: z.enum(['up', 'down']), reason: z.string().optional() });
const systemState = z
  .object({ status: z.enum(['ok', 'error']), services: z.record(z.string(), serviceState) })
  .meta({ id: 'SystemHealth', examples: [{ status: 'ok', services: { gateway: { status: 'up' }, registry: { status: 'up' } } }] });

@ApiTags('Health')
@Controller('health/system')
export class SystemHealthController {
  constructor(private readonly health: SystemHealth) {}

  @Get()
  @Operation({
    access: 'public',
    id: 'getSystemHealth',
    summary: 'Whether every service is ready; which is not, and why',
    answers: { 200: systemState, 503: systemState },
  })
  check(): Promise<Answer<SystemState>> {
    return this.health.check();
  }
}
