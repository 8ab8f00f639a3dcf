import path from 'node:path';
import { ROOT, StartError } from './root.ts';
import type { Note } from './terminal.ts';
import { type CommandResult, runCommand } from './process/run-command.ts';

/** Environment of the tools: the pinned Node first, and nothing that talks to anyone or stays behind. */
export const TOOL_ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${path.join(ROOT, 'node_modules/.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
  // A daemon would outlive npm start.
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  // Nx's plugin workers are detached and would outlive a build that is ended.
  NX_ISOLATE_PLUGINS: 'false',
  NX_NO_CLOUD: 'true',
  // Prisma 7 needs no engine to generate but looks for one, and would download it.
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  PRISMA_HIDE_UPDATE_MESSAGE: 'true',
  CHECKPOINT_DISABLE: '1',
  NO_COLOR: '1',
};

/** Generates (Prisma, protobuf) and builds every project, from Nx's cache where nothing changed. Returns how many were built. */
export async function build(note: Note): Promise<number> {
  const { result, projects } = await runBuild(note);
  if (result.code !== 0) {
    throw new StartError(
      `the build failed:\n${result.output}`,
      'Mend what the compiler says above; `npx nx run-many -t build` repeats the build alone.',
    );
  }
  return projects;
}

/** The same for callers that show the output themselves. */
export async function runBuild(note: Note): Promise<{ readonly result: CommandResult; readonly projects: number }> {
  const built = new Set<string>();
  const onLine = (line: string): void => {
    const project = /nx run (@hookwright\/[\w-]+):build/.exec(line)?.[1];
    if (project === undefined) return;
    built.add(project);
    note(`${built.size} projects`);
  };
  const command = [path.join(ROOT, 'node_modules/.bin/nx'), 'run-many', '-t', 'build', '--outputStyle=stream'] as const;
  const result = await runCommand(command, { env: TOOL_ENVIRONMENT, onLine });
  return { result, projects: built.size };
}
