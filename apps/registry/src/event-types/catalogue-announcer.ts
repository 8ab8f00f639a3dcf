import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Backoff } from '@hookwright/kafka';
import { type Logger, LOGGER } from '@hookwright/runtime';
import { EventTypesService } from './event-types.service.ts';

/** At the start, puts what migrations brought into the catalogue on registry.event-types: as soon as the database answers. */
@Injectable()
export class CatalogueAnnouncer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly eventTypes: EventTypesService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Does not wait: the service's health must answer in the meantime. */
  onApplicationBootstrap(): void {
    void this.announce();
  }

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  private async announce(): Promise<void> {
    const backoff = new Backoff(this.stopping.signal);
    do {
      try {
        const announced = await this.eventTypes.announce();
        if (announced > 0) this.logger.info({ event_types: announced }, 'catalogue.announced');
        return;
      } catch (error) {
        this.logger.warn({ reason: (error as Error).message }, 'catalogue.waiting');
      }
    } while (await backoff.wait());
  }
}
