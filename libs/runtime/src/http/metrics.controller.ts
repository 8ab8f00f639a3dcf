import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { register } from 'prom-client';
import { Readiness } from '../readiness.ts';

@Controller('metrics')
export class MetricsController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  /** Everything the process counts, in Prometheus' text format. */
  @Get()
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await this.readiness.measure();
    await reply.header('content-type', register.contentType).send(await register.metrics());
  }
}
