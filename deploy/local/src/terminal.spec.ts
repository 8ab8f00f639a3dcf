import { describe, expect, it } from '@jest/globals';
import { Terminal } from './terminal.ts';

function written(isTTY = false): { output: { write: (text: string) => void; isTTY: boolean }; text: () => string } {
  let text = '';
  return { output: { write: (more) => (text += more), isTTY }, text: () => text.replace(/\d+\.\d s/g, 'N s') };
}

describe('a step', () => {
  it('is one line with its result and its time', async () => {
    const { output, text } = written();
    await new Terminal(output).step(
      'databases',
      () => Promise.resolve(4),
      (count) => `${count} new`,
    );
    expect(text()).toBe('databases … 4 new (N s)\n');
  });

  it('that fails says so and passes the error on', async () => {
    const { output, text } = written();
    await expect(new Terminal(output).step('stores', () => Promise.reject(new Error('no Java')))).rejects.toThrow('no Java');
    expect(text()).toBe('stores … failed (N s)\n');
  });

  it('goes on below a line that comes in between', async () => {
    const { output, text } = written();
    const terminal = new Terminal(output);
    await terminal.step('services', () => {
      terminal.say('vault was ended by SIGKILL');
      return Promise.resolve();
    });
    expect(text()).toBe('services … \nvault was ended by SIGKILL\nservices … done (N s)\n');
  });

  it('rewrites its line on a terminal as it gets on', async () => {
    const { output, text } = written(true);
    await new Terminal(output).step('build', (note) => {
      note('3 projects');
      return Promise.resolve();
    });
    expect(text()).toBe('build … \r\u001b[Kbuild … 3 projects (N s)\r\u001b[Kbuild … done (N s)\n');
  });
});
