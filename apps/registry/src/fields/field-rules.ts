import type { FieldError } from '@hookwright/runtime';

export interface TextRule {
  readonly min?: number;
  readonly max: number;
  /** Line breaks and tabs may be part of it. */
  readonly lines?: true;
}

// Names and the like end up in headers, logs and pages: no CR, LF or NUL may come along (row S10 of the fault table).
const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_LINES = /(?![\n\r\t])\p{Cc}/u;

/** A wrong value; `pointer` is a JSON Pointer into the API's body. */
export function invalid(pointer: string, message: string): FieldError {
  return { pointer, code: 'invalid_field', message };
}

export function checkText(pointer: string, text: string, { min = 0, max, lines }: TextRule): FieldError[] {
  if (text.length < min) return [invalid(pointer, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)];
  if (text.length > max) return [invalid(pointer, `must have at most ${max} characters`)];
  if ((lines === true ? CONTROL_BUT_LINES : CONTROL).test(text)) return [invalid(pointer, 'must not have control characters')];
  // A lone surrogate cannot be stored as UTF-8.
  if (!text.isWellFormed()) return [invalid(pointer, 'must be well-formed Unicode')];
  return [];
}

export function checkInteger(pointer: string, value: number, { min, max }: { min: number; max: number }): FieldError[] {
  return Number.isInteger(value) && value >= min && value <= max ? [] : [invalid(pointer, `must be a whole number from ${min} to ${max}`)];
}

export function checkCount(pointer: string, values: readonly unknown[], { min = 0, max }: { min?: number; max: number }): FieldError[] {
  if (values.length < min) return [invalid(pointer, `must have at least ${min}`)];
  return values.length > max ? [invalid(pointer, `must have at most ${max}`)] : [];
}

const SCOPE = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

/** A scope such as orders.read. Source: RFC 6749, 3.3, narrowed to what needs no quoting anywhere. */
export function checkScope(pointer: string, scope: string): FieldError[] {
  return SCOPE.test(scope) ? [] : [invalid(pointer, 'must be 1 to 64 of A-Za-z0-9_.:- and begin with a letter or digit')];
}

/** The same values without repeats, in their order. */
export function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}

/** The fields that are there: what a message leaves out is undefined in it, and must not overwrite anything. */
export function present<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };
}
