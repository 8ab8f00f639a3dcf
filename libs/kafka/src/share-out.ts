/** Partitions by topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

export interface Claimant {
  readonly memberId: string;
  /** Topics it takes. */
  readonly topics: readonly string[];
  /** Partitions it has work of and must finish or give up before anybody else may have them. */
  readonly claims: Assignment;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  /** The only member that claims it; undefined: none does, or several do. */
  readonly claimant: string | undefined;
  /** Several claim it: all of them must let it go first. */
  readonly isContested: boolean;
  owner: string | undefined;
}

/** Members with what they get so far. */
type Shares = Map<string, Place[]>;

/**
 * Shares partitions out among the members of a group, evenly in each topic and in all, moving as few as possible. A partition that has to
 * move is given to nobody this time: its claimant sees that it is gone, finishes what it has begun, commits, and joins again without
 * claiming it; then it is free. So no two members ever work on one partition, and all other partitions go on meanwhile (as Kafka's
 * cooperative rebalancing, KIP-429). The same input gives the same answer everywhere.
 */
export function shareOut(members: readonly Claimant[], partitions: ReadonlyMap<string, readonly number[]>): Map<string, Assignment> {
  const ordered = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const shares: Shares = new Map(ordered.map(({ memberId }) => [memberId, []]));
  const places = placesOf(ordered, partitions);
  for (const place of places) if (place.claimant !== undefined) give(shares, place, place.claimant);
  for (const place of places) if (place.claimant === undefined) give(shares, place, leastLoaded(ordered, shares, place.topic));
  for (const topic of partitions.keys()) while (evenOutTopic(subscribersOf(ordered, topic), shares, topic));
  while (evenOutAll(ordered, shares));
  return new Map(Array.from(shares, ([memberId, share]) => [memberId, byTopic(share.filter((place) => isFreeFor(place, memberId)))]));
}

function placesOf(members: readonly Claimant[], partitions: ReadonlyMap<string, readonly number[]>): Place[] {
  return Array.from(partitions).flatMap(([topic, numbers]) => {
    const subscribers = subscribersOf(members, topic);
    if (subscribers.length === 0) return [];
    return numbers.map((partition) => {
      const claimants = subscribers.filter(({ claims }) => claims[topic]?.includes(partition) === true);
      const claimant = claimants.length === 1 ? claimants[0]?.memberId : undefined;
      return { topic, partition, claimant, isContested: claimants.length > 1, owner: undefined };
    });
  });
}

function subscribersOf(members: readonly Claimant[], topic: string): Claimant[] {
  return members.filter(({ topics }) => topics.includes(topic));
}

function give(shares: Shares, place: Place, memberId: string): void {
  if (place.owner !== undefined) shares.get(place.owner)?.splice(shares.get(place.owner)?.indexOf(place) ?? 0, 1);
  place.owner = memberId;
  shares.get(memberId)?.push(place);
}

function leastLoaded(members: readonly Claimant[], shares: Shares, topic: string): string {
  const candidates = subscribersOf(members, topic).map(({ memberId }) => memberId);
  const inAll = (memberId: string): number => shares.get(memberId)?.length ?? 0;
  const byLoad = (a: string, b: string): number => countOf(shares, a, topic) - countOf(shares, b, topic) || inAll(a) - inAll(b);
  return candidates.toSorted(byLoad)[0] ?? '';
}

/** Moves one partition of the topic from who has most of it to who has least; false when they differ by one at most. */
function evenOutTopic(subscribers: readonly Claimant[], shares: Shares, topic: string): boolean {
  const counts = subscribers.map(({ memberId }) => ({ memberId, count: countOf(shares, memberId, topic) }));
  const most = counts.reduce((best, one) => (one.count > best.count ? one : best));
  const least = counts.reduce((best, one) => (one.count < best.count ? one : best));
  if (most.count - least.count <= 1) return false;
  return move(shares, { from: most.memberId, to: least.memberId, topic });
}

/** Moves one partition from who has most in all to who has least, of a topic that stays even by it; false when there is none. */
function evenOutAll(members: readonly Claimant[], shares: Shares): boolean {
  const load = ({ memberId }: Claimant): number => shares.get(memberId)?.length ?? 0;
  const most = members.reduce((best, one) => (load(one) > load(best) ? one : best));
  const least = members.reduce((best, one) => (load(one) < load(best) ? one : best));
  if (load(most) - load(least) <= 1) return false;
  const topic = least.topics.find((name) => countOf(shares, most.memberId, name) > countOf(shares, least.memberId, name));
  return topic !== undefined && move(shares, { from: most.memberId, to: least.memberId, topic });
}

/** Rather one that nobody claims than one in work. */
function move(shares: Shares, { from, to, topic }: { from: string; to: string; topic: string }): boolean {
  const candidates = (shares.get(from) ?? []).filter((place) => place.topic === topic);
  const place = candidates.findLast(({ claimant }) => claimant === undefined) ?? candidates.at(-1);
  if (place === undefined) return false;
  give(shares, place, to);
  return true;
}

function countOf(shares: Shares, memberId: string, topic: string): number {
  return (shares.get(memberId) ?? []).filter((place) => place.topic === topic).length;
}

function isFreeFor({ claimant, isContested }: Place, memberId: string): boolean {
  return !isContested && (claimant === undefined || claimant === memberId);
}

function byTopic(places: readonly Place[]): Assignment {
  const assignment: Record<string, number[]> = {};
  for (const { topic, partition } of places) (assignment[topic] ??= []).push(partition);
  return assignment;
}
