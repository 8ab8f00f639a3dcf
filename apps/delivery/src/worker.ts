import { type EndpointSnapshot, EndpointStatus, VaultService } from '@hookwright/contracts';
import { EgressClient, egressPolicy } from '@hookwright/egress';
import { type ConsumedBatch, KafkaProducer } from '@hookwright/kafka';
import { type GrpcCredentials, type Logger, PLAIN, type PromiseClient, grpcClient } from '@hookwright/runtime';
import type { Redis } from 'ioredis';
import type { Kafka } from 'kafkajs';
import type pg from 'pg';
import { Deliverer } from './attempts/deliver.ts';
import type { BreakerBoard } from './breakers/breaker-board.ts';
import type { Breakers } from './breakers/breakers.ts';
import { makeBreakers } from './breakers/make-breakers.ts';
import { DeadLetters } from './consumer/dead-letters.ts';
import { Intake } from './consumer/intake.ts';
import { Dispatch } from './dispatch.ts';
import { EndpointSignals } from './endpoints/endpoint-signals.ts';
import { Tables } from './endpoints/tables.ts';
import { type DeliveryEnv, slotBounds } from './env.ts';
import type { Delivery } from './expansion/delivery.ts';
import { Pace } from './limits/pace.ts';
import { makeRateLimits } from './limits/make-rate-limits.ts';
import type { RateLimits } from './limits/rate-limits.ts';
import { DeliveryLog } from './log/delivery-log.ts';
import { Partitions } from './log/partitions.ts';
import { type Holdings, secretsFailed } from './metrics.ts';
import { shareOf } from './lanes/share-of.ts';
import { ActiveWorkers } from './redis/active-workers.ts';
import { openRedis } from './redis/open-redis.ts';
import { type DueDecision, dueDecision } from './retries/due-decision.ts';
import { RetryScheduler } from './retries/scheduler.ts';
import { Sweeper } from './retries/sweeper.ts';
import { WaitingGauges } from './retries/waiting-gauges.ts';
import { SecretCache } from './secrets/secret-cache.ts';
import { VAULT_ANSWER_MS, VaultQuestions } from './secrets/vault-questions.ts';
import { EndpointHealth } from './health/endpoint-health.ts';
import { FailureWatch } from './health/failure-watch.ts';
import { noted } from './health/noted.ts';
import { InWork } from './in-work/in-work.ts';
import { CreatedFirst } from './ordering/created-first.ts';
import { WORKER_TOPICS, type WorkerTopics } from './worker-topics.ts';

export interface WorkerOptions {
  readonly env: DeliveryEnv;
  readonly logger: Logger;
  readonly kafka: Kafka;
  readonly pool: pg.Pool;
  readonly topics?: WorkerTopics;
  /** Default: plain. */
  readonly vaultCredentials?: GrpcCredentials['channel'];
}

/**
 * One worker with all its parts: takes batches of webhook.deliveries, makes their deliveries, records them, makes the due ones of Postgres.
 * States: new -start-> loading -> working -drain-> draining -close-> closed.
 */
export class Worker {
  private readonly inWork: InWork;
  private readonly tables: Tables;
  private readonly secrets: SecretCache;
  private readonly redis: Redis;
  private readonly workers: ActiveWorkers;
  readonly breakers: Breakers;
  private readonly board: BreakerBoard;
  private readonly limits: RateLimits;
  private readonly deadLetters: DeadLetters;
  private readonly log: DeliveryLog;
  private readonly partitions: Partitions;
  private readonly dispatch: Dispatch;
  private readonly intake: Intake;
  private readonly scheduler: RetryScheduler;
  private readonly sweeper: Sweeper;
  private readonly signals: EndpointSignals;
  private readonly health: EndpointHealth;
  private readonly watch: FailureWatch;
  private readonly waiting: WaitingGauges;
  private readonly producer: KafkaProducer;
  private readonly egress: EgressClient;
  private readonly vault: PromiseClient<typeof VaultService>;

  constructor(private readonly options: WorkerOptions) {
    const { env, logger, kafka, pool, topics = WORKER_TOPICS, vaultCredentials = PLAIN.channel } = options;
    this.inWork = new InWork({ deliveries: env.WORKER_DELIVERIES, bytes: env.WORKER_BYTES });
    const asked = { caller: 'delivery', credentials: vaultCredentials, timeoutMs: VAULT_ANSWER_MS };
    this.vault = grpcClient(VaultService, env.VAULT_ADDRESS, asked);
    const questions = new VaultQuestions(this.vault);
    this.secrets = new SecretCache(
      (appId) => questions.secretsOf(appId),
      (appId, error) => this.secretsFailed(appId, error),
    );
    this.tables = new Tables({ kafka, topics, logger, onSecrets: (appId) => this.secrets.drop(appId) });
    this.redis = openRedis(env.REDIS_URL, logger);
    this.workers = new ActiveWorkers(this.redis);
    ({ breakers: this.breakers, board: this.board } = makeBreakers({
      env,
      redis: this.redis,
      onClosed: (appId) => this.scheduler.refill(appId),
    }));
    this.limits = makeRateLimits({
      redis: this.redis,
      workers: () => this.workers.count,
      onSlot: (appId) => this.dispatch.lanes.resumeOne(appId),
      onFar: (appId) => this.dispatch.parkLane(appId),
    });
    this.partitions = new Partitions(pool, logger);
    this.producer = new KafkaProducer(kafka);
    this.deadLetters = new DeadLetters(this.producer, topics.deliveries, logger);
    this.log = new DeliveryLog({
      pool,
      logger,
      dedupeWindowHours: env.DEDUPE_WINDOW_HOURS,
      unrecorded: env.WORKER_UNRECORDED,
      bury: (delivery, detail) => this.deadLetters.buryDelivery(delivery, detail),
    });
    this.signals = new EndpointSignals(this.producer, topics.endpointSignals, logger);
    this.health = new EndpointHealth(pool, logger);
    this.watch = this.makeWatch();
    this.waiting = new WaitingGauges(pool, logger);
    this.egress = new EgressClient({ policy: egressPolicy(env), proxy: env.EGRESS_PROXY });
    this.dispatch = this.makeDispatch();
    const { inWork, log } = this;
    const { endpoints } = this.tables;
    this.intake = new Intake({ endpoints, inWork, log, deadLetters: this.deadLetters, route: (delivery) => this.dispatch.route(delivery) });
    this.sweeper = new Sweeper(pool, logger);
    this.scheduler = this.makeScheduler();
  }

  /** Resolves when consuming may begin: the tables are loaded, today's partitions made. Waits for the stores as long as it takes. */
  async start(): Promise<void> {
    this.producer.start();
    await Promise.all([this.tables.start(), this.partitions.start(), this.redis.connect().catch(() => undefined)]);
    await Promise.all([this.board.start(), this.workers.start()]);
    this.tables.endpoints.onChange((...change) => this.endpointChanged(...change));
    this.tables.installations.onEnd(({ installationId, throughGeneration, end }) => {
      this.sweeper.add({ of: 'installation', installationId, throughGeneration, reason: end });
    });
    this.scheduler.start();
    for (const part of [this.sweeper, this.health, this.watch, this.waiting]) part.start();
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
    this.watch.stop();
    this.waiting.stop();
    await this.health.stop();
    this.log.close();
    this.board.stop();
    this.breakers.stop();
    this.limits.stop();
    await this.workers.stop();
    this.redis.disconnect();
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
      ['egress', () => this.egress.check()],
      ...this.tables.checks,
    ];
  }

  /** Throws while Redis is away: breakers and rates are then each worker's own. */
  checkRedis(): void {
    if (this.redis.status !== 'ready') throw new Error(`Redis is ${this.redis.status}`);
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

  private makeWatch(): FailureWatch {
    const { pool, logger } = this.options;
    return new FailureWatch({
      pool,
      logger,
      endpointOf: (appId) => this.tables.endpoints.of(appId),
      onSustainedFailure: (endpoint) => void this.signals.sustainedFailure(endpoint),
      onRestart: (endpoint) => this.health.restart(endpoint),
    });
  }

  private makeDispatch(): Dispatch {
    const { env, logger, pool } = this.options;
    const { secrets, breakers, log, inWork, limits } = this;
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
      createdFirst: new CreatedFirst(pool, logger),
      pace: new Pace({ limits, endpoints, breakers }),
      log,
      inWork,
      concurrencyOf: (appId) => shareOf(endpoints.of(appId)?.maxConcurrency, this.workers.count),
      slots: slotBounds(env),
      onRecorded: (record) => this.health.note(noted(record, endpoints.of(record.delivery.appId))),
      onParkedDone: (appId) => this.scheduler.ranEmpty(appId),
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
      decide: (appId, follow) => this.decideDue(appId, follow),
      sweep: (sweep) => this.sweeper.add(sweep),
      free: () => this.inWork.free,
      freeBytes: () => this.inWork.freeBytes,
      workers: () => this.workers.count,
      take: (delivery, isOurs) => this.takeClaimed(delivery, isOurs),
    });
  }

  private takeClaimed(delivery: Delivery, isOurs: () => boolean): void {
    const bytes = delivery.source.data.length;
    // In work already: it was parked a moment ago, or its lease ran out under our hands. What comes of that is not known yet.
    const isNew = this.inWork.take(delivery.id, { bytes, isOurs, onEnd: () => isNew || void this.scheduler.release([delivery]) });
    if (isNew) this.dispatch.route(delivery);
  }

  private decideDue(appId: string, follow: number): DueDecision {
    const { endpoints } = this.tables;
    return dueDecision({
      appId,
      endpoint: endpoints.of(appId),
      isGone: endpoints.isGone(appId),
      isBreakerOpen: this.breakers.isOpen(appId),
      isProbing: this.breakers.isProbing(appId),
      areSecretsAway: this.secrets.isAway(appId),
      areTablesStale: this.tables.areStale,
      laneRoom: this.dispatch.roomFor(appId, follow),
    });
  }

  private endpointChanged(appId: string, endpoint: EndpointSnapshot | undefined, previous: EndpointSnapshot | undefined): void {
    if (endpoint === undefined) {
      this.health.remove(appId);
      this.sweeper.add({ of: 'app', appId, status: 'canceled', reason: 'endpoint_removed', olderThanMs: 0 });
      return;
    }
    // Another address may be well where the old one was not.
    const isOther = previous !== undefined && previous.url !== endpoint.url;
    if (isOther) this.breakers.reset(appId);
    const isEnabledAnew = previous !== undefined && previous.status !== endpoint.status && endpoint.status === EndpointStatus.ENABLED;
    if (isOther || isEnabledAnew) this.health.restart(endpoint);
    if (endpoint.status === EndpointStatus.DISABLED) {
      this.sweeper.add({ of: 'app', appId, status: 'suppressed', reason: 'endpoint_disabled', olderThanMs: 0 });
    }
    // Its rate or concurrency may have risen.
    this.dispatch.lanes.resumeOne(appId);
    if (endpoint.status === EndpointStatus.ENABLED && previous?.status !== EndpointStatus.ENABLED) this.scheduler.refill(appId);
  }

  private secretsFailed(appId: string, error: unknown): void {
    secretsFailed.inc();
    this.options.logger.warn({ app_id: appId, reason: error instanceof Error ? error.message : String(error) }, 'secrets.away');
  }
}
