import { list, serviceEnv } from '@hookwright/runtime';
import { z } from 'zod';
import { parseTopicChoice } from './topic-choice.ts';

const ALL_MERCHANT_TOPICS = '/^merchant\\.[a-z0-9_-]+$/';

/** What ingest reads from the environment. */
export const ingestEnv = serviceEnv.extend({
  KAFKA_BROKERS: list().pipe(z.array(z.string()).min(1, 'must name at least one broker')),
  MERCHANT_TOPICS: z
    .string()
    .default(ALL_MERCHANT_TOPICS)
    .transform((text, context) => {
      const parsed = parseTopicChoice(text);
      if (parsed.ok) return parsed.choice;
      context.addIssue({ code: 'custom', message: parsed.fault });
      return z.NEVER;
    })
    .describe('topics of merchant events: names and /patterns/, separated by commas; never those that end in .dead'),
  TOPIC_DISCOVERY_SECONDS: z.coerce.number().min(0.1).max(3600).default(10).describe('how often to look for new merchant topics'),
});

export type IngestEnv = z.infer<typeof ingestEnv>;
