import type { Delivery } from '../expansion/delivery.ts';
import { RoundRobin } from './round-robin.ts';

/** What is queued for one endpoint. Live and parked deliveries take turns, so that a backlog neither starves nor is starved. */
export class Lane {
  inFlight = 0;
  private readonly live = new RoundRobin<Delivery>();
  private readonly parked = new RoundRobin<Delivery>();
  private isParkedTurn = false;

  constructor(readonly appId: string) {}

  get queued(): number {
    return this.live.size + this.parked.size;
  }

  get queuedParked(): number {
    return this.parked.size;
  }

  push(delivery: Delivery): void {
    const queue = delivery.origin === 'live' ? this.live : this.parked;
    queue.push(delivery.source.event.merchantId, delivery);
  }

  shift(): Delivery | undefined {
    const [first, second] = this.isParkedTurn ? [this.parked, this.live] : [this.live, this.parked];
    this.isParkedTurn = !this.isParkedTurn;
    return first.shift() ?? second.shift();
  }

  drain(): Delivery[] {
    return [...this.parked.drain(), ...this.live.drain()];
  }
}
