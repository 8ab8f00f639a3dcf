import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { type Delivery, type Prisma, PrismaClient } from '../generated/prisma/client.ts';
import type { AttemptRecord } from '../log/delivery-record.ts';
import { type StoredAttempt, attemptOf } from '../log/stored-attempt.ts';

export type DeliveryRow = Omit<Delivery, 'firstAttempt'>;

/** Of one app's deliveries; what is undefined does not matter. */
export interface DeliveryFilter {
  readonly appId: string;
  readonly status: string | undefined;
  readonly eventType: string | undefined;
  readonly merchantId: string | undefined;
  readonly installationId: string | undefined;
  readonly statusCode: number | undefined;
  readonly errorCategory: string | undefined;
  readonly trigger: string | undefined;
  readonly createdAfter: Date | undefined;
  readonly createdBefore: Date | undefined;
}

/** The row a page ended with. */
export interface Position {
  readonly createdAt: Date;
  readonly id: string;
}

/** What the log answers. The workers write it with SQL of their own (log/). */
export class DeliveriesRepository {
  private readonly prisma: PrismaClient;

  constructor(pool: pg.Pool) {
    this.prisma = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
  }

  /** Newest first, from `after` on. */
  async list(
    filter: DeliveryFilter,
    { after, take, now }: { after: Position | undefined; take: number; now: Date },
  ): Promise<DeliveryRow[]> {
    const where: Prisma.DeliveryWhereInput[] = [matching(filter), ofStatus(filter.status, now)];
    if (after !== undefined) {
      // The plain bound beside the exact one lets the planner leave out the partitions of later days.
      where.push({ createdAt: { lte: after.createdAt } });
      where.push({ OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] });
    }
    return await this.prisma.delivery.findMany({
      where: { AND: where },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take,
      omit: { firstAttempt: true },
    });
  }

  async find(id: string): Promise<DeliveryRow | null> {
    return await this.prisma.delivery.findFirst({ where: { id }, orderBy: { createdAt: 'desc' }, omit: { firstAttempt: true } });
  }

  /** Oldest first. The first lies in the delivery's row, unless it was made when there was one already. */
  async attemptsOf({ id, createdAt }: Position): Promise<AttemptRecord[]> {
    const [delivery, further] = await Promise.all([
      this.prisma.delivery.findUnique({ where: { id_createdAt: { id, createdAt } }, select: { firstAttempt: true } }),
      this.prisma.attempt.findMany({ where: { deliveryId: id, createdAt }, select: { attempt: true } }),
    ]);
    const stored = [delivery?.firstAttempt, ...further.map(({ attempt }) => attempt)].filter((attempt) => attempt != null);
    const byId = new Map((stored as unknown as StoredAttempt[]).map((attempt) => [attempt.id, attemptOf(attempt)]));
    return [...byId.values()].sort((a, b) => a.number - b.number || a.startedAtMs - b.startedAtMs);
  }

  async close(): Promise<void> {
    await this.prisma.$disconnect();
  }
}

function matching(filter: DeliveryFilter): Prisma.DeliveryWhereInput {
  const { appId, eventType, merchantId, installationId, statusCode, errorCategory, trigger, createdAfter, createdBefore } = filter;
  return {
    appId,
    ...(eventType === undefined ? {} : { eventType }),
    ...(merchantId === undefined ? {} : { merchantId }),
    ...(installationId === undefined ? {} : { installationId }),
    ...(statusCode === undefined ? {} : { lastStatusCode: statusCode }),
    ...(errorCategory === undefined ? {} : { lastErrorCategory: errorCategory }),
    ...(trigger === undefined ? {} : { trigger }),
    createdAt: {
      ...(createdAfter === undefined ? {} : { gt: createdAfter }),
      ...(createdBefore === undefined ? {} : { lt: createdBefore }),
    },
  };
}

/** `in_flight` is not stored: it is a waiting row under a lease. */
function ofStatus(status: string | undefined, now: Date): Prisma.DeliveryWhereInput {
  if (status === undefined) return {};
  if (status === 'in_flight') return { nextAttemptAt: { not: null }, leaseUntil: { gt: now } };
  const isWaiting = status === 'pending' || status === 'retry_scheduled';
  return isWaiting ? { status, OR: [{ leaseUntil: null }, { leaseUntil: { lte: now } }] } : { status };
}
