import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  GetDeliveryResponseSchema,
  ListAttemptsRequest,
  ListAttemptsResponseSchema,
  ListDeliveriesRequest,
  ListDeliveriesResponseSchema,
} from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { Inject, Injectable } from '@nestjs/common';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { statusName, toAttempt, toDelivery } from './deliveries.messages.ts';
import { DeliveriesRepository, type DeliveryFilter, type DeliveryRow } from './deliveries.repository.ts';

/** Injection token: attempts a delivery gets before it has failed. */
export const MAX_ATTEMPTS = Symbol('max-attempts');

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

@Injectable()
export class DeliveriesService {
  constructor(
    @Inject(DeliveriesRepository) private readonly repository: DeliveriesRepository,
    @Inject(MAX_ATTEMPTS) private readonly maxAttempts: number,
  ) {}

  /** Newest first. */
  async list(request: ListDeliveriesRequest): Promise<MessageInitShape<typeof ListDeliveriesResponseSchema>> {
    const now = new Date();
    const limit = Math.min(request.limit || DEFAULT_LIMIT, MAX_LIMIT);
    const rows = await this.repository.list(filterOf(request), { after: decodeCursor(request.cursor), take: limit + 1, now });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      deliveries: page.map((row) => toDelivery(row, { maxAttempts: this.maxAttempts, now })),
      nextCursor: rows.length > limit && last !== undefined ? encodeCursor(last) : '',
    };
  }

  async get(deliveryId: string): Promise<MessageInitShape<typeof GetDeliveryResponseSchema>> {
    return { delivery: toDelivery(await this.find(deliveryId), { maxAttempts: this.maxAttempts, now: new Date() }) };
  }

  async listAttempts({ deliveryId, includeResponse }: ListAttemptsRequest): Promise<MessageInitShape<typeof ListAttemptsResponseSchema>> {
    const attempts = await this.repository.attemptsOf(await this.find(deliveryId));
    return { attempts: attempts.map((row) => toAttempt(row, { includeResponse })) };
  }

  private async find(deliveryId: string): Promise<DeliveryRow> {
    const row = await this.repository.find(deliveryId);
    if (row === null) throw notFound('delivery');
    return row;
  }
}

function filterOf(request: ListDeliveriesRequest): DeliveryFilter {
  return {
    appId: request.appId,
    status: statusName(request.status),
    eventType: given(request.eventType),
    merchantId: given(request.merchantId),
    installationId: given(request.installationId),
    statusCode: request.statusCode,
    errorCategory: given(request.errorCategory),
    trigger: given(request.trigger),
    createdAfter: toDate(request.createdAfterMs),
    createdBefore: toDate(request.createdBeforeMs),
  };
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function toDate(ms: bigint | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(Number(ms));
}
