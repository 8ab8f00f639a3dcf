import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PROBLEMS } from './problems.ts';

const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
// OAuth's errors are their RFCs', and no problems.
const [ofTheApi = ''] = page.split('\n## OAuth errors\n');
const documented = new Map([...ofTheApi.matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [code, Number(status)]));

describe('docs/errors.md', () => {
  it('explains every code with its status', () => {
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status])),
    );
  });
});
