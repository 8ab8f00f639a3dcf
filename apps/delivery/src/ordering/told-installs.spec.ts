import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CreatedStanding, GIVE_UP_MS, type Install, ToldInstalls } from './told-installs.ts';

const install: Install = { installationId: 'ins_1', generation: 1 };

describe('ToldInstalls', () => {
  it.each<[CreatedStanding, boolean]>([
    ['told', true],
    ['waiting', false],
    ['missing', false],
  ])('%s: lets go: %s, and remembers only that', (standing, mayGo) => {
    const told = new ToldInstalls();
    expect(told.has(install)).toBe(false);
    expect(told.learn(install, standing, 0)).toBe(mayGo);
    expect(told.has(install)).toBe(mayGo);
  });

  it('tells the generations of an installation apart', () => {
    const told = new ToldInstalls();
    told.learn(install, 'told', 0);
    expect([told.has({ ...install, generation: 2 }), told.has({ ...install, installationId: 'ins_2' })]).toEqual([false, false]);
  });

  it('gives up what was never found since it was first looked for, and never what waits', () => {
    const told = new ToldInstalls();
    const mayGo = (standing: CreatedStanding, nowMs: number, generation = 1) => told.learn({ ...install, generation }, standing, nowMs);
    expect(mayGo('missing', 1000)).toBe(false);
    expect(mayGo('missing', 2000, 2)).toBe(false);
    expect(mayGo('missing', 999 + GIVE_UP_MS)).toBe(false);
    expect(mayGo('missing', 1000 + GIVE_UP_MS)).toBe(true);
    expect(mayGo('missing', 1000 + GIVE_UP_MS, 2)).toBe(false);
    expect(mayGo('waiting', 2000 + GIVE_UP_MS, 2)).toBe(false);
    expect(mayGo('waiting', 2000 + 9 * GIVE_UP_MS, 2)).toBe(false);
    expect(mayGo('told', 2000 + 9 * GIVE_UP_MS, 2)).toBe(true);
  });

  it('is bounded: what it has forgotten is asked for again', () => {
    const told = new ToldInstalls();
    for (let n = 0; n <= 50_000; n++) told.learn({ installationId: `ins_${n}`, generation: 1 }, 'told', 0);
    expect([0, 25_000, 50_000].map((n) => told.has({ installationId: `ins_${n}`, generation: 1 }))).toEqual([false, true, true]);
  });
});

/** `install.created` as the log has it. */
type Row = 'none' | 'waiting' | 'attempted' | 'ended';

class TestWorker {
  told = new ToldInstalls();
  /** Has `install.created` in its hands; its request was made. */
  hasIt = false;
  isSent = false;
  /** When it first looked for it in vain. */
  missingSinceMs: number | undefined;
}

/** All that can happen to one `install.created` and the merchant's events among workers that share a log, one step at a time. */
class World {
  readonly workers = [new TestWorker(), new TestWorker()];
  nowMs = 0;
  row: Row = 'none';
  isPublished = false;
  isRequested = false;

  readonly steps: Readonly<Record<string, (worker: TestWorker) => void>> = {
    publish: () => (this.isPublished = true),
    // From Kafka, perhaps again: its partition has moved.
    take: (worker) => (worker.hasIt ||= this.isPublished),
    claim: (worker) => (worker.hasIt ||= this.row === 'waiting'),
    park: (worker) => this.settle(worker, 'waiting'),
    suppress: (worker) => this.settle(worker, 'ended'),
    request: (worker) => {
      if (worker.hasIt) worker.isSent = this.isRequested = true;
    },
    record: (worker) => {
      if (!worker.isSent) return;
      this.row = 'attempted';
      this.letGo(worker);
    },
    restart: (worker) => {
      this.letGo(worker);
      worker.told = new ToldInstalls();
      worker.missingSinceMs = undefined;
    },
    wait: () => (this.nowMs += GIVE_UP_MS / 4),
  };

  /** A merchant's event at a worker: whether it is sent. */
  event(worker: TestWorker): boolean {
    const isSent = worker.told.has(install) || worker.told.learn(install, standingOf(this.row), this.nowMs);
    if (this.row !== 'none') worker.missingSinceMs = undefined;
    else worker.missingSinceMs ??= this.nowMs;
    return isSent;
  }

  isGivenUp({ missingSinceMs = Infinity }: TestWorker): boolean {
    return this.nowMs - missingSinceMs >= GIVE_UP_MS;
  }

  private settle(worker: TestWorker, row: Row): void {
    if (!worker.hasIt || worker.isSent) return;
    if (this.row === 'none' || this.row === 'waiting') this.row = row;
    this.letGo(worker);
  }

  private letGo(worker: TestWorker): void {
    worker.hasIt = worker.isSent = false;
  }
}

function standingOf(row: Row): CreatedStanding {
  if (row === 'none') return 'missing';
  return row === 'waiting' ? 'waiting' : 'told';
}

describe('the order of install.created and a merchant’s events', () => {
  const step = fc.record({ name: fc.constantFrom('event', ...Object.keys(new World().steps)), at: fc.constantFrom(0, 1) });

  it('holds whatever workers do with it, parked, under way, repeated or lost with one of them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World();
        const given = new Set<TestWorker>();
        for (const { name, at } of steps) {
          const worker = world.workers[at]!;
          if (name === 'restart') given.delete(worker);
          if (name !== 'event') world.steps[name]?.(worker);
          else if (world.event(worker)) {
            if (world.row === 'none' && world.isGivenUp(worker)) given.add(worker);
            expect(world.isRequested || world.row === 'ended' || given.has(worker)).toBe(true);
          }
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps no event for good: it goes once that was told, has ended, or was looked for in vain', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World();
        for (const { name, at } of steps) {
          if (name === 'event') world.event(world.workers[at]!);
          else world.steps[name]?.(world.workers[at]!);
        }
        for (const worker of world.workers) {
          if (world.row === 'waiting') {
            for (const last of ['claim', 'request', 'record']) world.steps[last]?.(worker);
          }
          world.event(worker);
          world.nowMs += GIVE_UP_MS;
          expect(world.event(worker)).toBe(true);
        }
      }),
    );
  });
});
