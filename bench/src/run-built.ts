import { build } from '../../deploy/local/src/build.ts';
import { ensurePrograms } from '../../deploy/local/src/infrastructure/system-packages.ts';
import { ensureKafkaJars } from '../../deploy/local/src/stores/kafka-distribution.ts';
import { Terminal } from '../../deploy/local/src/terminal.ts';

/**
 * Builds, sees to the programs of the stores, then does what `load` brings with these arguments, and ends this process with its exit code.
 * Until the build the libraries can only be had from their sources; whatever comes after it uses them as they were built.
 */
export async function runBuilt(load: () => Promise<(args: readonly string[]) => Promise<number>>, args: readonly string[]): Promise<never> {
  const terminal = new Terminal();
  try {
    await terminal.step('generate and build (nx)', build, (projects) => `${projects} projects`);
    const { maven } = await ensurePrograms(terminal);
    await ensureKafkaJars(maven);
    const run = await load();
    process.exit(await run(args));
  } catch (error) {
    terminal.say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
