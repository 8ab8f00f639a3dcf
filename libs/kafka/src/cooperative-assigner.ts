import kafkajs, { type Cluster, type GroupMember, type PartitionAssigner } from 'kafkajs';
import { type Assignment, type Claimant, shareOut } from './share-out.ts';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

// A group's members must share one protocol: another way of sharing out, or of claiming, needs another name.
const NAME = 'hookwright-cooperative';
const VERSION = 1;

export interface CooperativeOptions {
  /** What this member has work of; asked at every join. */
  readonly claims: () => Assignment;
  /** The consumer is about to fetch, and waits. A `RejoinRequest` makes kafkajs join the group again. */
  readonly beforeFetch: () => Promise<void>;
}

/** Thrown where kafkajs fetches, it makes it join again, as when the broker says so. */
export class RejoinRequest extends Error {
  readonly type = 'REBALANCE_IN_PROGRESS';
}

/** kafkajs' interface to `shareOut`: claims travel in the members' own data, the group's leader shares out. */
export function cooperativeAssigner({ claims, beforeFetch }: CooperativeOptions): PartitionAssigner {
  return ({ cluster }) => {
    callBeforeFetch(cluster, beforeFetch);
    return {
      name: NAME,
      version: VERSION,
      protocol: ({ topics }) => ({
        name: NAME,
        metadata: MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(claims())) }),
      }),
      assign: ({ members, topics }) => {
        const partitions = new Map(topics.map((topic) => [topic, partitionsOf(cluster, topic)]));
        return Promise.resolve(
          Array.from(shareOut(members.map(claimantOf), partitions), ([memberId, assignment]) => ({
            memberId,
            memberAssignment: MemberAssignment.encode({ version: VERSION, assignment: mutable(assignment), userData: Buffer.alloc(0) }),
          })),
        );
      },
    };
  };
}

/** kafkajs has no way to ask for a rebalance from outside; its assigners get the cluster that it asks before each fetch. */
function callBeforeFetch(cluster: Cluster, beforeFetch: () => Promise<void>): void {
  const refresh = cluster.refreshMetadataIfNecessary.bind(cluster);
  cluster.refreshMetadataIfNecessary = async () => {
    await beforeFetch();
    await refresh();
  };
}

function claimantOf({ memberId, memberMetadata }: GroupMember): Claimant {
  const decoded = MemberMetadata.decode(memberMetadata);
  return { memberId, topics: decoded?.topics ?? [], claims: claimsIn(decoded?.userData) };
}

function claimsIn(userData: Buffer | undefined): Assignment {
  return userData === undefined || userData.length === 0 ? {} : (JSON.parse(userData.toString()) as Assignment);
}

function partitionsOf(cluster: Cluster, topic: string): number[] {
  return cluster
    .findTopicPartitionMetadata(topic)
    .map(({ partitionId }) => partitionId)
    .sort((a, b) => a - b);
}

function mutable(assignment: Assignment): Record<string, number[]> {
  return Object.fromEntries(Object.entries(assignment).map(([topic, partitions]) => [topic, [...partitions]]));
}
