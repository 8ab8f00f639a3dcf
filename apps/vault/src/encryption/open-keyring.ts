import { DataKeyCache } from './data-key-cache.ts';
import { FileKeyProvider } from './file-key-provider.ts';
import type { KeyProvider } from './key-provider.ts';
import { type KeyUri, parseKeyUri } from './key-uri.ts';
import { Keyring } from './keyring.ts';
import { type MasterKeyFile, readMasterKey } from './master-key-file.ts';
import { AwsKmsKeyProvider } from './providers/aws-kms.ts';
import { GcpKmsKeyProvider } from './providers/gcp-kms.ts';
import { TransitKeyProvider } from './providers/transit.ts';

/** The variables of env.ts that say where the master keys are. */
export interface KeyringEnv {
  readonly HOOKWRIGHT_PROFILE: 'development' | 'production';
  readonly MASTER_KEY_FILE?: string | undefined;
  readonly MASTER_KEY_URI?: string | undefined;
  readonly UNWRAP_KEY_URIS: readonly string[];
  readonly TRANSIT_ADDRESS?: string | undefined;
  readonly TRANSIT_TOKEN_FILE?: string | undefined;
  readonly AWS_KMS_ENDPOINT?: string | undefined;
  readonly GCP_KMS_ENDPOINT?: string | undefined;
}

/** The keyring, or what is wrong, each with its variable; no fault repeats what a file holds. Contacts nobody: it may be away now. */
export type OpenedKeyring = { readonly ok: true; readonly keyring: Keyring } | { readonly ok: false; readonly faults: readonly string[] };

interface Wanted {
  readonly variable: string;
  readonly uri: KeyUri | undefined;
}

export async function openKeyring(env: KeyringEnv): Promise<OpenedKeyring> {
  const opened: KeyProvider[] = [];
  const faults: string[] = [];
  for (const { variable, uri } of wantedKeys(env)) {
    const result = uri === undefined ? 'is no key' : await openKey(uri, env);
    if (typeof result === 'string') faults.push(`${variable}: ${result}`);
    else opened.push(result);
  }
  const [current, ...others] = opened;
  if (faults.length === 0 && current !== undefined) return { ok: true, keyring: new Keyring(current, others) };
  for (const key of opened) key.close();
  return { ok: false, faults };
}

/** The current master key first. */
function wantedKeys({ MASTER_KEY_FILE: file, MASTER_KEY_URI: uri, UNWRAP_KEY_URIS: others }: KeyringEnv): Wanted[] {
  const current: Wanted =
    uri === undefined
      ? { variable: 'MASTER_KEY_FILE', uri: file === undefined ? undefined : { scheme: 'file', path: file } }
      : { variable: 'MASTER_KEY_URI', uri: parseKeyUri(uri) };
  return [current, ...others.map((other) => ({ variable: 'UNWRAP_KEY_URIS', uri: parseKeyUri(other) }))];
}

/** The key, or what is wrong with it. */
async function openKey(uri: KeyUri, env: KeyringEnv): Promise<KeyProvider | string> {
  switch (uri.scheme) {
    case 'file':
      return openFile({ path: uri.path, mode: env.HOOKWRIGHT_PROFILE === 'production' ? 'private' : 'any' });
    case 'transit': {
      const { TRANSIT_ADDRESS: address, TRANSIT_TOKEN_FILE: tokenFile } = env;
      if (address === undefined || tokenFile === undefined) return 'needs TRANSIT_ADDRESS and TRANSIT_TOKEN_FILE';
      return new DataKeyCache(new TransitKeyProvider({ ...uri, address, tokenFile }));
    }
    case 'aws-kms':
      return new DataKeyCache(await AwsKmsKeyProvider.open({ ...uri, endpoint: env.AWS_KMS_ENDPOINT }));
    case 'gcp-kms':
      return new DataKeyCache(await GcpKmsKeyProvider.open({ ...uri, endpoint: env.GCP_KMS_ENDPOINT }));
  }
}

function openFile(file: MasterKeyFile): KeyProvider | string {
  const masterKey = readMasterKey(file);
  return masterKey.ok ? new FileKeyProvider(masterKey.key) : masterKey.reason;
}
