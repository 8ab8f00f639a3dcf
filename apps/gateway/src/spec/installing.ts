import { eventually } from '@hookwright/testkit';
import { Installs } from './installs.ts';
import { type AppInit, type Client, KnownClients } from './oauth.ts';
import { type Setting, startSetting } from './setting.ts';

/** A setting in which merchants install apps: the registry's stand-in knows their clients and keeps what was agreed to. */
export interface Installing extends Setting {
  readonly clients: KnownClients;
  readonly installs: Installs;
  /** An app that can be installed. What was expected of the stand-ins before is forgotten. */
  newApp(app: AppInit): Promise<Client>;
}

/** `env`: beyond what every spec's gateway has; by default merchants log in at the demo page. */
export async function startInstalling(env: Record<string, string> = DEMO_LOGIN): Promise<Installing> {
  const setting = await startSetting(env);
  const { gateway } = setting;
  const clients = new KnownClients(gateway);
  const installs = new Installs(gateway, clients);
  const newApp = async (app: AppInit): Promise<Client> => {
    gateway.expectNothing();
    clients.answer();
    installs.answer();
    return await eventually(() => clients.add(app));
  };
  return { ...setting, clients, installs, newApp };
}

export const DEMO_LOGIN = { HOOKWRIGHT_PROFILE: 'development', MERCHANT_LOGIN: 'demo' };
