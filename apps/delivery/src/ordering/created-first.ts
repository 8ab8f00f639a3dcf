import { Gathered } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import type { Delivery } from '../expansion/delivery.ts';
import { type CreatedRow, findCreated } from './sql/find-created.ts';
import { type CreatedStanding, type Install, ToldInstalls, installKey } from './told-installs.ts';

type Standings = ReadonlyMap<string, CreatedStanding>;

/**
 * Holds a merchant's events back until the app was told of the installation. The log is the judge, because it is what all workers share:
 * whoever has that event, in a lane, in Postgres or not yet, its first attempt is recorded there before anybody is answered "told". Only
 * installations of the last days are asked for, each once by each worker.
 */
export class CreatedFirst {
  private readonly installs = new ToldInstalls();
  private readonly questions = new Gathered({ request: (installs: readonly Install[]) => this.look(installs) });

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Logger,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Whether the delivery has nothing to wait for, as far as is known. */
  mayGo(delivery: Delivery): boolean {
    return !delivery.afterCreated || this.installs.has(delivery);
  }

  /** Whether it has nothing to wait for, as the log says now. False also while the log cannot be asked. Never rejects. */
  async ask(delivery: Install): Promise<boolean> {
    const standings = await this.questions.ask([delivery]);
    if (standings === undefined) return false;
    return this.installs.learn(delivery, standings.get(installKey(delivery)) ?? 'missing', this.clock());
  }

  private async look(installs: readonly Install[]): Promise<Standings | undefined> {
    const distinct = new Map(installs.map((install) => [installKey(install), install]));
    try {
      const { rows } = await this.pool.query<CreatedRow>(findCreated([...distinct.values()]));
      return new Map(rows.map((row) => [installKey({ installationId: row.installation_id, generation: row.generation }), standingOf(row)]));
    } catch (error) {
      // Parking what had to wait waits for the log as well.
      this.logger.warn({ reason: (error as Error).message }, 'created_first.waiting');
      return undefined;
    }
  }
}

function standingOf({ is_told: isTold }: CreatedRow): CreatedStanding {
  if (isTold === null) return 'missing';
  return isTold ? 'told' : 'waiting';
}
