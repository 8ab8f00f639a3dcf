import { Controller, Get, Inject, Res } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Readiness, type ReadinessCheck } from '../readiness.ts';
import { withTimeout } from '../with-timeout.ts';

// A dependency that hangs must not hang the answer: orchestrators ask every few seconds.
const CHECK_TIMEOUT_MS = 1000;

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

  private async indicate({ name, check }: ReadinessCheck): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    try {
      await withTimeout(Promise.resolve().then(check), CHECK_TIMEOUT_MS);
      return indicator.up();
    } catch (error) {
      return indicator.down(error instanceof Error && error.message !== '' ? error.message : String(error));
    }
  }
}
