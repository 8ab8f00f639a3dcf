export const KEEPER_VARIABLE = 'HOOKWRIGHT_TEST_KEEPER';

/** Asks the run's keeper, which Jest's global set-up started. Rejects with the keeper's reason. */
export async function askKeeper(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<unknown> {
  const url = process.env[KEEPER_VARIABLE];
  if (url === undefined) throw new Error('no keeper of test stores: run the specs with the jest.config.js of the clone');
  const response = await fetch(`${url}${path}`, { method });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text === '' ? undefined : JSON.parse(text);
}
