import type { ProcessSpec } from '@hookwright/local';

/** The same process with Node's inspector listening on 127.0.0.1. */
export function withInspector(spec: ProcessSpec, port: number): ProcessSpec {
  const [node, ...args] = spec.command;
  return { ...spec, command: [node, `--inspect=127.0.0.1:${port}`, ...args] };
}

/** The same PostgreSQL with its own statistics of every statement (contrib's pg_stat_statements), which cost a few percent. */
export function withStatementStatistics(spec: ProcessSpec): ProcessSpec {
  return { ...spec, command: [...spec.command, '-c', 'shared_preload_libraries=pg_stat_statements'] };
}
