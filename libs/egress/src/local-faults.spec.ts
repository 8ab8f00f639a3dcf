import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

// In a process of its own with a limit of its own: every other spec needs its descriptors.
const SCRIPT = `
  import { openSync } from 'node:fs';
  import { EgressClient, PRODUCTION_POLICY, parseNetwork } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
  const policy = { ...PRODUCTION_POLICY, allowHttp: true, allowPorts: '*', allowNetworks: [parseNetwork('127.0.0.0/8')] };
  const client = new EgressClient({ policy });
  try { for (;;) openSync('/dev/null'); } catch {}
  const result = await client.send({ url: 'http://127.0.0.1:9/', headers: {}, body: Buffer.from('{}'), timeoutMs: 3000 });
  process.stdout.write(JSON.stringify(result), () => process.exit());
`;

it('sends nothing, and blames no endpoint, without file descriptors', async () => {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    'ulimit -n 64 && exec "$0" --input-type=module -e "$1"',
    process.execPath,
    SCRIPT,
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'unsent', message: 'no connection can be opened here (EMFILE)' });
});
