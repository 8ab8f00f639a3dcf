/** An endpoint's `enabled_events`, ready to be asked. */
export interface EnabledEvents {
  has(type: string): boolean;
}

const ALL: EnabledEvents = { has: () => true };

/** Compiles patterns for the hot path; says what `coversType` of contracts says. */
export function compileEnabledEvents(patterns: readonly string[]): EnabledEvents {
  if (patterns.includes('*')) return ALL;
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('.*')));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('.*')).map((pattern) => pattern.slice(0, -1));
  if (prefixes.length === 0) return exact;
  return { has: (type) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix)) };
}
