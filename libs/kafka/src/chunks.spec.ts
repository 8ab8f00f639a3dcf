import { expect, it } from '@jest/globals';
import { inChunks } from './chunks.ts';
import { numbered } from './spec/setting.ts';

it('many small messages go in several portions, in order', () => {
  const messages = numbered(7000);
  const chunks = inChunks([{ topic: 'topic', messages }]);
  expect(chunks.map((chunk) => chunk[0]?.messages.length)).toEqual([3000, 3000, 1000]);
  expect(chunks.flatMap((chunk) => chunk.flatMap((one) => one.messages))).toEqual(messages);
});
