const TIMEOUT_MS = 3000;

/** Resolves when GET <url>/health/ready says 200; rejects with what the service still waits for. */
export async function serviceReady(url: string): Promise<void> {
  await healthy(`${url}/health/ready`);
}

/** Resolves when the gateway's /health/system says that every service is ready; rejects with which is not, and why. */
export async function systemReady(gatewayUrl: string): Promise<void> {
  await healthy(`${gatewayUrl}/health/system`);
}

async function healthy(url: string): Promise<void> {
  const response = await ask(url);
  const text = await response.text();
  if (response.status !== 200) throw new Error(reasonsIn(text) ?? `it answers ${response.status}`);
}

async function ask(url: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    throw new Error(cause instanceof Error && 'code' in cause ? `no answer yet (${String(cause.code)})` : 'no answer yet', {
      cause: error,
    });
  }
}

/** The reasons in an answer of terminus: `{"error": {"kafka": {"status": "down", "message": "…"}}}`. Undefined: there are none. */
export function reasonsIn(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: Record<string, { message?: unknown; reason?: unknown }> };
    const reasons = Object.entries(error ?? {}).map(([name, { message }]) => (typeof message === 'string' ? `${name}: ${message}` : name));
    return reasons.length === 0 ? undefined : reasons.join('; ');
  } catch {
    return undefined;
  }
}
