import path from 'node:path';

/** The clone's top folder. dist/ lies as deep as src/, so that this holds for both. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** What survives a restart: stores, logs, the master key. Ignored by git, wiped by --fresh. */
export const STATE_DIRECTORY = path.join(ROOT, '.hookwright');

/** The Node that every process of ours runs on, whatever the machine has. */
export const NODE = path.join(ROOT, 'node_modules/.bin/node');

/** A failure with what the reader can do about it. */
export class StartError extends Error {
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
    this.advice = advice;
  }
}
