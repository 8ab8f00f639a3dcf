import type { ChildApi } from './child.ts';
import type { Answer, Question } from './messages.ts';

/** Answers the parent's calls with these methods, until the parent is gone, however it ended. */
export function serveParent<Api extends ChildApi<Api>>(api: Api): void {
  process.on('message', (question: Question) => void answer(api, question));
  process.on('disconnect', () => process.exit(0));
}

async function answer<Api extends ChildApi<Api>>(api: Api, { id, method, argument }: Question): Promise<void> {
  const reply = (message: Answer): void => {
    process.send?.(message, undefined, undefined, () => undefined);
  };
  try {
    const act = api[method as keyof Api] as unknown as (argument: unknown) => unknown;
    reply({ id, value: await act(argument) });
  } catch (error) {
    reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
