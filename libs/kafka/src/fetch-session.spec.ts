import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AskedTopic, FetchSession, type SessionRequest } from './fetch-session.ts';

const NOT_FOUND = 70;

/** What a broker keeps of sessions, as KIP-227 says. */
class BrokerModel {
  private readonly sessions = new Map<number, { epoch: number; asked: Map<string, string> }>();
  private lastId = 0;

  /** What the request fetches: offsets by topic/partition; undefined when it is refused. */
  fetch(
    { id, epoch, topics, forgotten }: SessionRequest,
    hasRoom: boolean,
  ): { asked: ReadonlyMap<string, string>; sessionId: number } | undefined {
    const isNew = epoch === 0;
    const session = isNew ? { epoch: 0, asked: new Map<string, string>() } : this.sessions.get(id);
    if (isNew) this.sessions.delete(id);
    if (session?.epoch !== epoch) return undefined;
    for (const { topic, partitions } of forgotten) for (const partition of partitions) session.asked.delete(`${topic}/${partition}`);
    for (const { topic, partitions } of topics)
      for (const { partition, fetchOffset } of partitions) session.asked.set(`${topic}/${partition}`, fetchOffset);
    session.epoch++;
    if (isNew && !hasRoom) return { asked: session.asked, sessionId: 0 };
    const sessionId = isNew ? ++this.lastId : id;
    this.sessions.set(sessionId, session);
    return { asked: session.asked, sessionId };
  }

  forgetAll(): void {
    this.sessions.clear();
  }
}

const offset = fc.integer({ min: 0, max: 3 }).map(String);
const wanted = fc.dictionary(fc.constantFrom('orders/0', 'orders/1', 'orders/2', 'payments/0', 'payments/1'), offset);
const step = fc.record({
  wanted,
  /** What happens around the request. */
  fate: fc.constantFrom(
    'answered',
    'answered',
    'answered',
    'answer late',
    'answer lost',
    'request lost',
    'broker restarted',
    'no room',
    'cut' as const,
  ),
});

function topicsOf(offsets: Readonly<Record<string, string>>): AskedTopic[] {
  const topics = new Map<string, AskedTopic['partitions'][number][]>();
  for (const [name, fetchOffset] of Object.entries(offsets)) {
    const [topic = '', partition] = name.split('/');
    topics.set(topic, [...(topics.get(topic) ?? []), { partition: Number(partition), fetchOffset, maxBytes: 1024 }]);
  }
  return Array.from(topics, ([topic, partitions]) => ({ topic, partitions }));
}

describe('a fetch session', () => {
  it('fetches what is wanted and nothing else, whatever gets lost', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const session = new FetchSession();
        const broker = new BrokerModel();
        const late: (() => void)[] = [];
        for (const { wanted: offsets, fate } of steps) {
          if (fate === 'broker restarted') broker.forgetAll();
          const request = session.next(topicsOf(offsets));
          for (const tell of late.splice(0)) tell();
          if (fate === 'request lost') continue;
          const answer = broker.fetch(request, fate !== 'no room');
          if (answer !== undefined) expect(Object.fromEntries(answer.asked)).toEqual(offsets);
          const tell = (): void =>
            request.answered({ errorCode: answer === undefined ? NOT_FOUND : 0, sessionId: answer?.sessionId ?? 0, isCut: fate === 'cut' });
          if (fate === 'answer late') late.push(tell);
          else if (fate !== 'answer lost') tell();
        }
      }),
    );
  });

  it('is refused once at most when the broker has forgotten it', () => {
    const session = new FetchSession();
    const broker = new BrokerModel();
    const topics = topicsOf({ 'orders/0': '1' });
    for (const restarted of [false, true, false]) {
      if (restarted) broker.forgetAll();
      const request = session.next(topics);
      const answer = broker.fetch(request, true);
      expect(answer === undefined).toBe(restarted);
      request.answered({ errorCode: restarted ? NOT_FOUND : 0, sessionId: answer?.sessionId ?? 0, isCut: false });
    }
  });

  it('names a partition again only when its offset has moved, and those that are fetched no more', () => {
    const session = new FetchSession();
    const all = { 'orders/0': '0', 'orders/1': '0', 'payments/0': '0' };
    session.next(topicsOf(all)).answered({ errorCode: 0, sessionId: 7, isCut: false });
    const second = session.next(topicsOf({ 'orders/0': '1', 'orders/1': '0' }));
    expect(second).toMatchObject({
      id: 7,
      epoch: 1,
      topics: topicsOf({ 'orders/0': '1' }),
      forgotten: [{ topic: 'payments', partitions: [0] }],
    });
    second.answered({ errorCode: 0, sessionId: 7, isCut: false });
    expect(session.next(topicsOf({ 'orders/0': '1', 'orders/1': '0' }))).toMatchObject({ id: 7, epoch: 2, topics: [], forgotten: [] });
  });
});
