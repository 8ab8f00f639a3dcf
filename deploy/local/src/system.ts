import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from './build.ts';
import { describeWebhook, explainSilence, firstVerifiedWebhook } from './demo/first-webhook.ts';
import { publishDemoOrder } from './demo/publish.ts';
import { receiverSpec } from './demo/receiver-spec.ts';
import { seedDemo } from './demo/seed.ts';
import { bringUp, type Choice, chooseInfrastructure, wipeDocker } from './infrastructure/choose.ts';
import type { StoreAddresses } from './infrastructure/infrastructure.ts';
import { applyMigrations, DATABASE_OWNERS, ensureDatabase } from './migrate.ts';
import type { Options } from './options.ts';
import { PORT_NAMES, type Ports, readPorts, requireFree, STORE_PORTS } from './ports.ts';
import { Guard } from './process/guard-client.ts';
import { endCommands } from './process/run-command.ts';
import { Supervisor } from './process/supervisor.ts';
import { STATE_DIRECTORY } from './root.ts';
import { ensureMasterKey } from './services/master-key.ts';
import { systemReady } from './services/ready.ts';
import { SERVICE_NAMES, serviceSpec, type Stack } from './services/service-specs.ts';
import { wipeState } from './state.ts';
import { describeSystem } from './summary.ts';
import type { Note, Terminal } from './terminal.ts';
import { allTopics, ensureTopics } from './topics.ts';

// What changed is in effect within 1 s of its answer (api.md).
const IN_EFFECT_MS = 1500;
const FIRST_WEBHOOK_MS = 120_000;
const SYSTEM_READY_MS = 90_000;
const POLL_MS = 200;
const LOGS = path.join(STATE_DIRECTORY, 'logs');
const DEMO_FILE = path.join(STATE_DIRECTORY, 'demo.json');
const MASTER_KEY_FILE = path.join(STATE_DIRECTORY, 'master.key');
/** The order in which the guard ends them. */
const SERVICES_FIRST = 0;
const STORES_LAST = 1;

interface PublishedOrder {
  readonly appId: string;
  readonly eventId: string;
}

/** The whole of Hookwright as processes of this one: idle → start() → up → stop(). */
export class System {
  readonly #options: Options;
  readonly #terminal: Terminal;
  readonly #guard = new Guard(undefined, { bootstrapPipe: process.channel !== undefined });
  readonly #stores = this.#supervisor(STORES_LAST);
  readonly #services = this.#supervisor(SERVICES_FIRST);
  readonly #ports: Ports;
  #order: PublishedOrder | undefined;

  constructor(options: Options, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
    this.#ports = readPorts(process.env);
  }

  /** Brings everything up, a line per step. Rejects at the first step that fails; stop() ends what runs by then. */
  async start(): Promise<void> {
    const terminal = this.#terminal;
    await this.#guard.hold();
    const choice = chooseInfrastructure(this.#options.infra, process.env);
    await this.#requirePorts(choice);
    if (this.#options.fresh) await this.#wipe(choice);
    await terminal.step('generate and build (nx)', build, (projects) => `${projects} projects`);
    const stores = await this.#bringUpStores(choice);
    await terminal.step('databases', (note) => migrateAll(stores.postgresUrl, note), described('migration'));
    const topics = async (): Promise<readonly string[]> => ensureTopics(stores.kafkaBrokers.split(','), await allTopics());
    await terminal.step('Kafka topics', topics, (made) => described('topic')(made.length));
    await terminal.step(
      'services',
      (note) => this.#startServices(this.#stack(stores), note),
      () => 'ready',
    );
    const appId = await this.#demo(stores);
    terminal.say(describeSystem({ ports: this.#ports, stores, appId, logDirectory: LOGS }));
  }

  /** Waits for the webhook of the demo's order, prints it and returns 0; 1, with what is known, when none comes. */
  async waitForDemo(): Promise<number> {
    if (this.#order === undefined) throw new Error('there is no demo order to wait for');
    const { appId, eventId } = this.#order;
    const receiverPort = this.#ports.DEMO_RECEIVER_PORT;
    const webhook = await firstVerifiedWebhook(receiverPort, eventId, FIRST_WEBHOOK_MS);
    if (webhook !== undefined) {
      this.#terminal.say(`The first verified webhook:\n\n${describeWebhook(webhook)}\n`);
      return 0;
    }
    const known = await explainSilence({ gatewayUrl: this.#gatewayUrl, receiverPort, appId, eventId });
    this.#terminal.say(`No verified webhook within ${FIRST_WEBHOOK_MS / 1000} s.\n${known}`);
    return 1;
  }

  /** Ends everything: services first, so that they can still write down what they did; then the stores. */
  async stop(): Promise<void> {
    this.#terminal.endSteps();
    const since = Date.now();
    const isUsed = this.#services.size + this.#stores.size > 0;
    await endCommands();
    await this.#services.stop();
    await this.#stores.stop();
    if (isUsed) this.#terminal.say(`stopped (${((Date.now() - since) / 1000).toFixed(1)} s)`);
    await this.#guard.close();
  }

  get #gatewayUrl(): string {
    return `http://127.0.0.1:${this.#ports.GATEWAY_PORT}`;
  }

  #supervisor(order: number): Supervisor {
    return new Supervisor({
      report: (line) => this.#terminal.say(line),
      onStarted: (running) => this.#guard.watch(running, order),
      onEnded: (running) => this.#guard.forget(running),
    });
  }

  async #requirePorts({ kind }: Choice): Promise<void> {
    const unused = [...(kind === 'external' ? STORE_PORTS : []), ...(this.#options.strictEgress ? (['DEMO_RECEIVER_PORT'] as const) : [])];
    await requireFree(
      this.#ports,
      PORT_NAMES.filter((name) => !unused.includes(name)),
    );
  }

  async #wipe(choice: Choice): Promise<void> {
    await this.#terminal.step('wipe the state (--fresh)', async () => {
      await wipeDocker(choice);
      wipeState(STATE_DIRECTORY, choice.kind);
    });
  }

  #bringUpStores(choice: Choice): Promise<StoreAddresses> {
    return bringUp(
      choice,
      { terminal: this.#terminal, ports: this.#ports, stores: this.#stores, logDirectory: LOGS, stateDirectory: STATE_DIRECTORY },
      process.env,
    );
  }

  #stack(stores: StoreAddresses): Stack {
    ensureMasterKey(MASTER_KEY_FILE);
    const { strictEgress } = this.#options;
    return { ...stores, ports: this.#ports, masterKeyFile: MASTER_KEY_FILE, logDirectory: LOGS, strictEgress };
  }

  async #startServices(stack: Stack, note: Note): Promise<void> {
    const specs = SERVICE_NAMES.map((name) => serviceSpec(name, stack));
    if (!this.#options.strictEgress) {
      specs.push(receiverSpec({ port: this.#ports.DEMO_RECEIVER_PORT, demoFile: DEMO_FILE, logDirectory: LOGS }));
    }
    const waitingFor = new Set(specs.map(({ name }) => name));
    const watch = setInterval(() => void this.#noteWhatIsMissing(waitingFor, note), 1000);
    try {
      await Promise.all(specs.map((spec) => this.#services.start(spec).then(() => waitingFor.delete(spec.name))));
      await this.#systemIsReady(note);
    } finally {
      clearInterval(watch);
    }
  }

  async #noteWhatIsMissing(waitingFor: ReadonlySet<string>, note: Note): Promise<void> {
    const [name] = waitingFor;
    const spec = name === undefined ? undefined : this.#services.running(name)?.spec;
    if (spec === undefined) return;
    await spec.ready().then(
      () => note(`waiting for ${[...waitingFor].join(', ')}`),
      (error: unknown) =>
        note(`waiting for ${[...waitingFor].join(', ')}; ${spec.name}: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  async #systemIsReady(note: Note): Promise<void> {
    const deadline = Date.now() + SYSTEM_READY_MS;
    for (;;) {
      try {
        await systemReady(this.#gatewayUrl);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        note(error instanceof Error ? error.message : String(error));
      }
      await delay(POLL_MS);
    }
  }

  /** Returns the demo app's id; undefined: no demo (--strict-egress). */
  async #demo(stores: StoreAddresses): Promise<string | undefined> {
    const receiverUrl = this.#options.strictEgress ? undefined : `http://127.0.0.1:${this.#ports.DEMO_RECEIVER_PORT}/hooks`;
    const seeding = { gatewayUrl: this.#gatewayUrl, demoFile: DEMO_FILE, receiverUrl };
    const { appId, changed } = await this.#terminal.step(
      'demo',
      (note) => seedDemo(seeding, note),
      () => 'seeded',
    );
    if (appId === undefined) return undefined;
    await this.#terminal.step(
      'demo order (merchant.orders)',
      async () => {
        if (changed) await delay(IN_EFFECT_MS);
        const { eventIdOf } = await import('@hookwright/contracts');
        const { source, id } = await publishDemoOrder(stores.kafkaBrokers);
        this.#order = { appId, eventId: eventIdOf(source, id) };
      },
      () => `published as ${this.#order?.eventId ?? ''}`,
    );
    return appId;
  }
}

async function migrateAll(postgresUrl: string, note: Note): Promise<number> {
  let applied = 0;
  for (const owner of DATABASE_OWNERS) {
    note(owner);
    const url = await ensureDatabase(postgresUrl, `hookwright_${owner}`);
    applied += (await applyMigrations(owner, url)).length;
  }
  return applied;
}

function described(what: string): (count: number) => string {
  return (count) => (count === 0 ? 'up to date' : `${count} new ${what}${count === 1 ? '' : 's'}`);
}
