import { Ending } from '../ending.ts';
import type { Finding } from './report/report.ts';
import type { Row } from './row.ts';
import { Stage, type StageOptions } from './stage/stage.ts';

/** Runs a row once, and ends everything it opened, on Ctrl-C too. Never rejects: what went wrong is a finding. */
export async function runRow(row: Row, options: Omit<StageOptions, 'ending'>): Promise<Finding> {
  const ending = new Ending();
  ending.listen();
  try {
    return { checks: await row.run(new Stage({ ...options, ending })) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  } finally {
    options.say('stopping');
    await ending.stop();
  }
}
