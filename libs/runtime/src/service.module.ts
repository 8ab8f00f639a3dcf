import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { newId } from '@hookwright/contracts';
import { HealthController } from './http/health.controller.ts';
import { MetricsController } from './http/metrics.controller.ts';
import { Readiness } from './readiness.ts';

/** Injection token of the service's pino logger. */
export const LOGGER = Symbol('logger');

/** What every service has around its own module: logs, health and metrics. */
@Global()
@Module({})
export class ServiceModule {
  static around(module: Type | DynamicModule, logger: Logger): DynamicModule {
    return {
      module: ServiceModule,
      imports: [TerminusModule.forRoot({ logger: false, gracefulShutdownTimeoutMs: 0 }), requestLogs(logger), module],
      controllers: [HealthController, MetricsController],
      providers: [Readiness, { provide: LOGGER, useValue: logger }],
      exports: [Readiness, LOGGER],
    };
  }
}

function requestLogs(logger: Logger): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: {
      logger,
      genReqId: () => newId('req'),
      quietReqLogger: true,
      // The gateway writes a line of its own for each request; elsewhere there are probes only.
      autoLogging: false,
    },
  });
}
