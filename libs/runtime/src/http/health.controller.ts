import { Controller, Get, Inject, Res } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Readiness, type ReadinessCheck } from '../readiness.ts';

@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  /** The process works. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Its own dependencies answer and its tables are loaded: 200, else 503 with the reason for each that does not. */
  @Get('ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const result = await this.checkAll();
    await reply.code(result.status === 'ok' ? 200 : 503).send(result);
  }

  private async checkAll(): Promise<HealthCheckResult> {
    try {
      return await this.health.check(this.readiness.checks.map((check) => () => this.indicate(check)));
    } catch (error) {
      return (error as { getResponse(): HealthCheckResult }).getResponse();
    }
  }

  private async indicate(check: ReadinessCheck): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(check.name);
    const fault = await this.readiness.faultOf(check);
    return fault === undefined ? indicator.up() : indicator.down(fault);
  }
}
