import { type EndpointSnapshot, EndpointStatus, VaultService } from '@hookwright/contracts';
import { EgressClient, egressPolicy } from '@hookwright/egress';
import { type ConsumedBatch, KafkaProducer } from '@hookwright/kafka';
import { type Logger, type PromiseClient, grpcClient } from '@hookwright/runtime';
import type { Kafka } from 'kafkajs';
import type pg from 'pg';
import { Deliverer } from './attempts/deliver.ts';
import { BreakerBoard } from './breakers/breaker-board.ts';
import { Breakers } from './breakers/breakers.ts';
import { DeadLetters } from './consumer/dead-letters.ts';
import { Intake } from './consumer/intake.ts';
import { Dispatch } from './dispatch.ts';
import { EndpointSignals } from './endpoints/endpoint-signals.ts';
import { Tables } from './endpoints/tables.ts';
import type { DeliveryEnv } from './env.ts';
import type { Delivery } from './expansion/delivery.ts';
import { DeliveryLog } from './log/delivery-log.ts';
import { Partitions } from './log/partitions.ts';
import { breakerTransitions, type Holdings, secretsFailed } from './metrics.ts';
import { type DueDecision, dueDecision } from './retries/due-decision.ts';
import { RetryScheduler } from './retries/scheduler.ts';
import { Sweeper } from './retries/sweeper.ts';
import { SecretCache } from './secrets/secret-cache.ts';
import { InWork } from './in-work/in-work.ts';
import { WORKER_TOPICS, type WorkerTopics } from './worker-topics.ts';

export interface WorkerOptions {
  readonly env: DeliveryEnv;
  readonly logger: Logger;
  readonly kafka: Kafka;
  readonly pool: pg.Pool;
  readonly topics?: WorkerTopics;
}

/**
 * One worker with all its parts: takes batches of webhook.deliveries, makes their deliveries, records them, makes the due ones of Postgres.
 * States: new -start-> loading -> working -drain-> draining -close-> closed.
 */
export class Worker {
  private readonly inWork: InWork;
  private readonly tables: Tables;
  private readonly secrets: SecretCache;
  private readonly breakers: Breakers;
  private readonly board: BreakerBoard;
  private readonly log: DeliveryLog;
  private readonly partitions: Partitions;
  private readonly dispatch: Dispatch;
  private readonly intake: Intake;
  private readonly scheduler: RetryScheduler;
  private readonly sweeper: Sweeper;
  private readonly signals: EndpointSignals;
  private readonly producer: KafkaProducer;
  private readonly egress: EgressClient;
  private readonly vault: PromiseClient<typeof VaultService>;

  constructor(private readonly options: WorkerOptions) {
    const { env, logger, kafka, pool, topics = WORKER_TOPICS } = options;
    this.inWork = new InWork({ deliveries: env.WORKER_DELIVERIES, bytes: env.WORKER_BYTES });
    this.vault = grpcClient(VaultService, env.VAULT_ADDRESS);
    this.secrets = new SecretCache(
      (appId) => this.vault.getSigningSecrets({ appId }),
      (appId, error) => this.secretsFailed(appId, error),
    );
    this.tables = new Tables({ kafka, topics, logger, onSecrets: (appId) => this.secrets.drop(appId) });
    this.breakers = new Breakers({
      windowMs: env.BREAKER_WINDOW_SECONDS * 1000,
      calls: env.BREAKER_CALLS,
      probeEveryMs: env.BREAKER_PROBE_SECONDS * 1000,
      onTransition: (transition) => {
        breakerTransitions.inc({ state: transition.state });
        this.board.tell(transition);
        if (transition.state !== 'open') this.scheduler.wake();
      },
    });
    this.board = new BreakerBoard(
      env.REDIS_URL,
      { opened: (appId) => this.breakers.openAsTold(appId), closed: (appId) => this.breakers.forget(appId) },
      logger,
    );
    this.log = new DeliveryLog(pool, logger, env.DEDUPE_WINDOW_HOURS);
    this.partitions = new Partitions(pool, logger);
    this.producer = new KafkaProducer(kafka);
    this.signals = new EndpointSignals(this.producer, topics.endpointSignals, logger);
    this.egress = new EgressClient({ policy: egressPolicy(env) });
    this.dispatch = this.makeDispatch();
    const { inWork, log } = this;
    const { endpoints } = this.tables;
    const deadLetters = new DeadLetters(this.producer, logger);
    this.intake = new Intake({ endpoints, inWork, log, deadLetters, route: (delivery) => this.dispatch.route(delivery) });
    this.sweeper = new Sweeper(pool, logger);
    this.scheduler = this.makeScheduler();
  }

  /** Resolves when consuming may begin: the tables are loaded, today's partitions made. Waits for the stores as long as it takes. */
  async start(): Promise<void> {
    this.producer.start();
    await Promise.all([this.tables.start(), this.partitions.start(), this.board.start()]);
    this.tables.endpoints.onChange((...change) => this.endpointChanged(...change));
    this.tables.installations.onEnd(({ installationId, throughGeneration, end }) => {
      this.sweeper.add({ of: 'installation', installationId, throughGeneration, reason: end });
    });
    this.scheduler.start();
  }

  /** Takes a batch; its messages are done when their deliveries are recorded. */
  async take(batch: ConsumedBatch): Promise<void> {
    await this.intake.take(batch);
  }

  /** Resolves when a batch can be taken. */
  async room(signal: AbortSignal): Promise<void> {
    await this.inWork.room(signal);
  }

  /** Begins nothing more. Requests under way end, at the latest at their deadline, and are recorded. */
  async drain(): Promise<void> {
    this.inWork.close();
    // First of all, and at once: the scheduler may be in the middle of a claim, whose deliveries are given back then.
    const unbegun = this.dispatch.stop();
    this.intake.stop();
    await this.scheduler.stop();
    await Promise.all([this.scheduler.release(unbegun), this.sweeper.stop(), this.inWork.empty()]);
  }

  /** After drain, and after the consumer has committed. */
  async close(): Promise<void> {
    this.partitions.stop();
    this.log.close();
    this.board.stop();
    this.breakers.stop();
    this.signals.stop();
    this.vault.close();
    await Promise.all([this.tables.stop(), this.producer.close(), this.egress.close()]);
  }

  /** What it needs, by name. */
  get checks(): (readonly [name: string, check: () => void | Promise<void>])[] {
    const { pool } = this.options;
    return [
      ['postgres', () => pool.query('SELECT FROM delivery LIMIT 0').then(() => undefined)],
      ['recording', () => this.log.check()],
      ['producer', () => this.producer.check()],
      ...this.tables.checks,
    ];
  }

  get holdings(): Holdings {
    return {
      inFlight: this.dispatch.lanes.inFlight,
      inWork: this.inWork.size,
      lanes: this.dispatch.lanes.size,
      openBreakers: this.breakers.openCount,
      endpoints: this.tables.endpoints.size,
      endedInstallations: this.tables.installations.size,
    };
  }

  private makeDispatch(): Dispatch {
    const { env, logger } = this.options;
    const { secrets, breakers, log, inWork } = this;
    const { endpoints, installations } = this.tables;
    const deliverer = new Deliverer({
      endpoints,
      installations,
      secrets,
      breakers,
      schedule: env.RETRY_SCHEDULE_SECONDS,
      send: (request) => this.egress.send(request),
      isOurs: (id) => inWork.isOurs(id),
      onGone: (endpoint) => void this.signals.gone(endpoint),
    });
    return new Dispatch({
      deliverer,
      endpoints,
      secrets,
      log,
      inWork,
      laneBound: env.LANE_DELIVERIES,
      onParkedDone: (appId) => this.scheduler.refill(appId),
      onLeaseLost: (delivery) => void this.scheduler.release([delivery]),
      logger,
    });
  }

  private makeScheduler(): RetryScheduler {
    const { env, logger, pool } = this.options;
    return new RetryScheduler({
      pool,
      logger,
      intervalMs: env.SCHEDULER_INTERVAL_MS,
      decide: (appId) => this.decideDue(appId),
      sweep: (sweep) => this.sweeper.add(sweep),
      free: () => this.inWork.free,
      take: (delivery, isOurs) => this.takeClaimed(delivery, isOurs),
    });
  }

  private takeClaimed(delivery: Delivery, isOurs: () => boolean): void {
    const bytes = delivery.source.data.length;
    // In work already: it was parked a moment ago, or its lease ran out under our hands. What comes of that is not known yet.
    const isNew = this.inWork.take(delivery.id, { bytes, isOurs, onEnd: () => isNew || void this.scheduler.release([delivery]) });
    if (isNew) this.dispatch.route(delivery);
  }

  private decideDue(appId: string): DueDecision {
    const { endpoints } = this.tables;
    return dueDecision({
      appId,
      endpoint: endpoints.of(appId),
      isGone: endpoints.isGone(appId),
      isBreakerOpen: this.breakers.isOpen(appId),
      isProbing: this.breakers.isProbing(appId),
      areSecretsAway: this.secrets.isAway(appId),
      laneRoom: this.dispatch.lanes.roomFor(appId),
    });
  }

  private endpointChanged(appId: string, endpoint: EndpointSnapshot | undefined, previous: EndpointSnapshot | undefined): void {
    if (endpoint === undefined) {
      this.sweeper.add({ of: 'app', appId, status: 'canceled', reason: 'endpoint_removed', olderThanMs: 0 });
      return;
    }
    // Another address may be well where the old one was not.
    if (previous !== undefined && previous.url !== endpoint.url) this.breakers.forget(appId);
    if (endpoint.status === EndpointStatus.DISABLED) {
      this.sweeper.add({ of: 'app', appId, status: 'suppressed', reason: 'endpoint_disabled', olderThanMs: 0 });
    }
    if (endpoint.status === EndpointStatus.ENABLED && previous?.status !== EndpointStatus.ENABLED) this.scheduler.wake();
  }

  private secretsFailed(appId: string, error: unknown): void {
    secretsFailed.inc();
    this.options.logger.warn({ app_id: appId, reason: error instanceof Error ? error.message : String(error) }, 'secrets.away');
  }
}
