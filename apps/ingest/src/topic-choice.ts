import { TOPICS, deadTopic } from '@hookwright/contracts';

/** Which topics carry merchant events: some by name, some by pattern. */
export interface TopicChoice {
  readonly names: readonly string[];
  readonly patterns: readonly RegExp[];
}

// A pattern may hold commas, as in {1,3}; a topic's name has neither commas nor slashes.
const ITEM = /\s*(?:\/(?<pattern>(?:[^/\\]|\\.)+)\/|(?<name>[A-Za-z0-9._-]{1,249}))\s*(?:,|$)/y;
const DEAD_SUFFIX = deadTopic('');
const OUR_TOPICS = new Set<string>(Object.values(TOPICS));

/** Reads MERCHANT_TOPICS: comma-separated names and /patterns/. Says what is wrong with a text that is neither. */
export function parseTopicChoice(text: string): { ok: true; choice: TopicChoice } | { ok: false; fault: string } {
  const names: string[] = [];
  const patterns: RegExp[] = [];
  for (let at = 0; at < text.length;) {
    ITEM.lastIndex = at;
    const groups = ITEM.exec(text)?.groups;
    if (groups === undefined)
      return fault(`must be topic names and /patterns/ separated by commas, but has ${JSON.stringify(text.slice(at))}`);
    const { name, pattern } = groups;
    if (name !== undefined) names.push(name);
    const compiled = pattern === undefined ? undefined : compile(pattern);
    if (compiled === null) return fault(`/${pattern ?? ''}/ is not a regular expression`);
    if (compiled !== undefined) patterns.push(compiled);
    at = ITEM.lastIndex;
  }
  const refused = names.find((name) => !isMerchantTopic(name));
  if (refused !== undefined) return fault(`${refused} cannot be a merchant topic`);
  return names.length + patterns.length === 0 ? fault('must name at least one topic') : { ok: true, choice: { names, patterns } };
}

/** Those of the existing topics that the choice means, in order. Dead letters and Hookwright's own topics never: a pattern that caught them would feed ingest its own output. */
export function chosenTopics({ names, patterns }: TopicChoice, existing: readonly string[]): string[] {
  const chosen = (topic: string): boolean => names.includes(topic) || patterns.some((pattern) => pattern.test(topic));
  return existing.filter((topic) => isMerchantTopic(topic) && chosen(topic)).sort();
}

function isMerchantTopic(topic: string): boolean {
  return !topic.endsWith(DEAD_SUFFIX) && !topic.startsWith('__') && !OUR_TOPICS.has(topic);
}

function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern);
  } catch {
    return null;
  }
}

function fault(text: string): { ok: false; fault: string } {
  return { ok: false, fault: text };
}
