import type { AppSecrets, SigningSecret, VaultService } from '@hookwright/contracts';
import { Gathered } from '@hookwright/kafka';
import type { PromiseClient } from '@hookwright/runtime';

/** Of a VaultService, what delivery asks for. */
export type Vault = Pick<PromiseClient<typeof VaultService>, 'getSigningSecrets'>;

/**
 * How long a question may take. Longer than the two seconds that a slow vault answers in (faults.md, V2): its answers are asked for half a
 * minute before they are needed, and one that is thrown away each time would end in deliveries that wait.
 */
export const VAULT_ANSWER_MS = 5000;

// More the vault refuses.
const MOST_APPS = 200;

/** Questions for one app's secrets at a time, which go to the vault together: ten thousand endpoints ask for theirs every minute. */
export class VaultQuestions {
  private readonly gathered: Gathered<string, ReadonlyMap<string, AppSecrets>>;

  constructor(private readonly vault: Vault) {
    this.gathered = new Gathered({ request: (appIds) => this.ask(appIds) });
  }

  /** The app's live secrets, newest first. Rejects when they cannot be had. */
  async secretsOf(appId: string): Promise<readonly SigningSecret[]> {
    const app = (await this.gathered.ask([appId])).get(appId);
    if (app === undefined || app.secrets.length === 0) throw new Error(app?.fault ?? 'the vault did not answer for the app');
    return app.secrets;
  }

  private async ask(appIds: readonly string[]): Promise<ReadonlyMap<string, AppSecrets>> {
    const portions = Array.from({ length: Math.ceil(appIds.length / MOST_APPS) }, (_, at) =>
      appIds.slice(at * MOST_APPS, (at + 1) * MOST_APPS),
    );
    const answers = await Promise.all(portions.map((portion) => this.vault.getSigningSecrets({ appIds: [...portion] })));
    return new Map(answers.flatMap(({ apps }) => apps).map((app) => [app.appId, app]));
  }
}
