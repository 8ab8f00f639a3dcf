/** A process's Prometheus metrics: sums by name, labels left out, and each series with labels as it is written. What is not there is undefined. */
export interface Metrics {
  get(name: string): number | undefined;
  /** How many series there are. */
  readonly series: number;
}

/** What a service says at /metrics now. Rejects when it does not answer. */
export async function readMetrics(baseUrl: string): Promise<Metrics> {
  const response = await fetch(`${baseUrl}/metrics`, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${baseUrl}/metrics answered ${response.status}`);
  return parseMetrics(await response.text());
}

export function parseMetrics(text: string): Metrics {
  const values = new Map<string, number>();
  let series = 0;
  for (const line of text.split('\n')) {
    const [, name, labels, value] = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    series++;
    values.set(name, (values.get(name) ?? 0) + Number(value));
    if (labels !== undefined) values.set(`${name}${labels}`, Number(value));
  }
  return { get: (name) => values.get(name), series };
}
