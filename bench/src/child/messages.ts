/** What goes over the IPC channel between the runner and its children. */
export interface Question {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };
