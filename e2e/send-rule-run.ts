import { randomUUID } from 'node:crypto';
import { eventually } from '@hookwright/testkit';
import { type Expected, isInEffect, type Verdict } from './send-rule-expectations.ts';
import {
  type AppState,
  install,
  type InstallationState,
  isForwarded,
  isTold,
  MERCHANT_TYPES,
  type MerchantType,
  type Mode,
  type Outcome,
  reconsider,
  revoke,
  SCOPES,
  type Source,
  suspend,
  type Told,
  unsuspend,
} from './send-rule-model.ts';
import {
  createTestedApp,
  endOlderSecret,
  type Installed,
  permissionOf,
  rotateSecret,
  succeeded,
  type TestedApp,
  type World,
} from './tested-app.ts';

const ARRIVAL_MS = 60_000;

/** Something that a partner, a merchant or an internal service does. Apps and merchants by their number. */
export type Command =
  | { readonly kind: 'publish'; readonly merchant: number; readonly mode: Mode }
  | { readonly kind: 'install'; readonly app: number; readonly merchant: number; readonly scopes: readonly string[] }
  | { readonly kind: 'revoke' | 'suspend' | 'unsuspend'; readonly app: number; readonly merchant: number }
  | { readonly kind: 'choose'; readonly app: number; readonly sources: readonly Source[]; readonly patterns: readonly string[] }
  | { readonly kind: 'ask'; readonly app: number; readonly permissions: readonly string[] }
  | { readonly kind: 'pause' | 'resume' | 'endSecret'; readonly app: number }
  | { readonly kind: 'rotate'; readonly app: number; readonly overlapSeconds: number }
  | { readonly kind: 'settle' };

/** Carries out commands at new apps and merchants of the real system, and has the model say what must arrive. */
export class SendRuleRun {
  private readonly merchants = Array.from({ length: 3 }, () => `mer_${randomUUID()}`);
  /** Of the witness alone. */
  private readonly witnessMerchant = `mer_${randomUUID()}`;
  private startedMs = 0;
  private lastChangeMs = Date.now();

  private constructor(
    private readonly world: World,
    private readonly apps: readonly TestedApp[],
    private readonly witness: TestedApp,
  ) {}

  /** With two live apps and a test app. */
  static async start(world: World): Promise<SendRuleRun> {
    const apps: TestedApp[] = [];
    for (const mode of ['live', 'live', 'test'] as const) apps.push(await createTestedApp(world, mode));
    const run = new SendRuleRun(world, apps, await createTestedApp(world, 'live'));
    const body = { app_id: run.witness.id, merchant_id: run.witnessMerchant, scopes: SCOPES };
    succeeded(await world.operator.post('/v1/operator/installations', body));
    await run.settle();
    return run;
  }

  /** How many events must, may and must not arrive, over all apps. */
  get verdicts(): Readonly<Record<Verdict, number>> {
    const all = this.apps.flatMap(({ expectations }) => expectations.all);
    const count = (verdict: Verdict): number => all.filter((expected) => expected.verdict === verdict).length;
    return { must: count('must'), may: count('may'), mustNot: count('mustNot') };
  }

  async execute(command: Command): Promise<void> {
    switch (command.kind) {
      case 'publish':
        await this.publish(command.merchant, command.mode);
        return;
      case 'settle':
        await this.settle();
        return;
      default:
        await this.change(this.appOf(command.app), command);
    }
  }

  /** Lets everything go out that waits, and says what was not as it must be. */
  async finish(): Promise<string[]> {
    for (const app of this.apps) await this.setPaused(app, false);
    this.lastChangeMs = Date.now();
    await this.settle();
    return this.apps.flatMap(({ expectations, secrets }) => expectations.faults(secrets));
  }

  private async change(app: TestedApp, command: Exclude<Command, { kind: 'publish' | 'settle' }>): Promise<void> {
    this.startedMs = Date.now();
    switch (command.kind) {
      case 'install':
        await this.install(app, command.merchant, command.scopes);
        break;
      case 'revoke':
        await this.transition(app, command.merchant, 'revoke', (current) => revoke(current));
        break;
      case 'suspend':
        await this.transition(app, command.merchant, 'suspend', (current) => suspend(current));
        break;
      case 'unsuspend':
        await this.transition(app, command.merchant, 'unsuspend', (current) => unsuspend(current, app.state));
        break;
      case 'choose':
        await this.choose(app, command);
        break;
      case 'ask':
        await this.ask(app, command.permissions);
        break;
      case 'pause':
      case 'resume':
        await this.setPaused(app, command.kind === 'pause');
        break;
      case 'rotate':
        await rotateSecret(app, command.overlapSeconds);
        break;
      case 'endSecret':
        await endOlderSecret(app);
    }
    this.lastChangeMs = Date.now();
  }

  /** One event of each type. */
  private async publish(merchant: number, mode: Mode): Promise<void> {
    const publishedMs = Date.now();
    const due: [TestedApp, Expected][] = [];
    for (const type of MERCHANT_TYPES) {
      const id = randomUUID();
      for (const app of this.apps) due.push([app, this.expectForwarded(app, merchant, { type, mode, id, publishedMs })]);
      await this.publishOne(this.merchants[merchant] ?? '', type, { id, mode });
    }
    for (const [app, expected] of due) await this.arrives(app, expected);
  }

  private expectForwarded(
    app: TestedApp,
    merchant: number,
    { type, mode, id, publishedMs }: { type: MerchantType; mode: Mode; id: string; publishedMs: number },
  ): Expected {
    const installed = app.installed.get(merchant);
    const isStrict = isInEffect(app.choiceMs, publishedMs) && isInEffect(installed?.changedMs ?? 0, publishedMs);
    const isDue = isForwarded(app.state, installed?.state, { type, mode });
    return app.expectations.add({ key: id, type, ...placeOf(installed), verdict: verdictOf(isDue, isStrict) });
  }

  private async install(app: TestedApp, merchant: number, scopes: readonly string[]): Promise<void> {
    // Whether the app is told is decided by its choice at this moment, which everybody has to know.
    if (!isInEffect(app.choiceMs, Date.now())) await this.settle();
    this.startedMs = Date.now();
    const known = scopes.filter((scope) => app.state.permissions.includes(scope));
    const granted = known.length === 0 ? ['orders.read'] : known;
    const installed = app.installed.get(merchant);
    const outcome = install(installed?.state, granted, app.state);
    const body = { app_id: app.id, merchant_id: this.merchants[merchant], scopes: granted };
    const answer = succeeded(await this.world.operator.post('/v1/operator/installations', body));
    const now: Installed = installed ?? { id: String(answer['id']), state: outcome.installation, changedMs: 0 };
    app.installed.set(merchant, now);
    await this.follow(app, now, outcome);
  }

  private async transition(
    app: TestedApp,
    merchant: number,
    action: string,
    change: (current: InstallationState) => Outcome | undefined,
  ): Promise<void> {
    const installed = app.installed.get(merchant);
    if (installed === undefined) return;
    const outcome = change(installed.state);
    const answer = await app.api.post(`/v1/apps/${app.id}/installations/${installed.id}/${action}`);
    if (outcome === undefined) {
      if (answer.status !== 409) throw new Error(`${action} was not refused: ${JSON.stringify(answer)}`);
      return;
    }
    succeeded(answer);
    await this.follow(app, installed, outcome);
  }

  /** What a change of an installation does to what the app gets. */
  private async follow(app: TestedApp, installed: Installed, { installation, told }: Outcome): Promise<void> {
    installed.state = installation;
    if (told === undefined) return;
    installed.changedMs = Date.now();
    app.held = app.held.filter((expected) => {
      const isOver = expected.installationId === installed.id && (told === 'revoked' ? !isRevoke(expected) : !isLifecycle(expected));
      if (isOver) expected.verdict = 'may';
      return !isOver;
    });
    const { generation } = installation;
    if (told === 'revoked') app.expectations.end({ installationId: installed.id, generation, atMs: installed.changedMs });
    await this.arrives(app, this.expectTold(app, installed, told));
  }

  private expectTold(app: TestedApp, installed: Installed, told: Told): Expected {
    const isStrict = told === 'revoked' || isInEffect(app.choiceMs, this.startedMs);
    return app.expectations.add({
      key: `${installed.id}.${installed.state.sequence}`,
      type: `partner_app.install.${told}`,
      ...placeOf(installed),
      verdict: verdictOf(isTold(app.state, told), isStrict),
    });
  }

  private async choose(app: TestedApp, { sources, patterns }: Pick<AppState, 'sources' | 'patterns'>): Promise<void> {
    succeeded(await app.api.patch(`/v1/apps/${app.id}`, { webhook: { event_sources: sources, enabled_events: patterns } }));
    app.state = { ...app.state, sources, patterns };
    app.choiceMs = Date.now();
    for (const expected of app.held) if (!isRevoke(expected)) expected.verdict = 'may';
    app.held = app.held.filter(isRevoke);
  }

  private async ask(app: TestedApp, permissions: readonly string[]): Promise<void> {
    const body = { permissions: permissions.map(permissionOf) };
    succeeded(await app.api.patch(`/v1/apps/${app.id}`, body));
    app.state = { ...app.state, permissions };
    for (const installed of app.installed.values()) await this.follow(app, installed, reconsider(installed.state, app.state));
  }

  private async setPaused(app: TestedApp, isPaused: boolean): Promise<void> {
    if (app.state.isPaused === isPaused) return;
    succeeded(await app.api.post(`/v1/apps/${app.id}/webhook/${isPaused ? 'pause' : 'resume'}`));
    app.state = { ...app.state, isPaused };
    app.choiceMs = Date.now();
    const waiting = app.held.splice(0);
    for (const expected of waiting) await this.arrives(app, expected);
  }

  /** Waits for what must come, so that no later change is in its way; while the app is paused it is held. */
  private async arrives(app: TestedApp, expected: Expected): Promise<void> {
    if (expected.verdict !== 'must') return;
    if (app.state.isPaused) {
      app.held.push(expected);
      return;
    }
    await eventually(
      () => {
        if (!app.expectations.has(expected)) throw new Error(`${expected.type} ${expected.key} has not arrived`);
      },
      { timeoutMs: ARRIVAL_MS, intervalMs: 20 },
    );
  }

  /** Until every change that was answered is in effect: a witness got an event that was sent over a second later. */
  private async settle(): Promise<void> {
    await eventually(
      async () => {
        const isLate = isInEffect(this.lastChangeMs, Date.now());
        const id = randomUUID();
        await this.publishOne(this.witnessMerchant, 'order.created', { id, mode: 'live' });
        const expected = { key: id, type: 'order.created', verdict: 'must' } as const;
        await eventually(() => {
          if (!this.witness.expectations.has(expected)) throw new Error('the witness got nothing yet');
        });
        if (!isLate) throw new Error('not yet in effect');
      },
      { timeoutMs: ARRIVAL_MS },
    );
  }

  private async publishOne(merchant: string, type: MerchantType, { id, mode }: { id: string; mode: Mode }): Promise<void> {
    await this.world.system.publish({ topic: 'merchant.orders', merchant, type, id, mode, data: { id } });
  }

  private appOf(number: number): TestedApp {
    const app = this.apps[number];
    if (app === undefined) throw new Error(`there is no app ${number}`);
    return app;
  }
}

function verdictOf(isDue: boolean, isStrict: boolean): Verdict {
  if (!isStrict) return 'may';
  return isDue ? 'must' : 'mustNot';
}

function placeOf(installed: Installed | undefined): Pick<Expected, 'installationId' | 'generation'> {
  return installed === undefined ? {} : { installationId: installed.id, generation: installed.state.generation };
}

function isLifecycle({ type }: Expected): boolean {
  return type.startsWith('partner_app.');
}

function isRevoke({ type }: Expected): boolean {
  return type === 'partner_app.install.revoked';
}
