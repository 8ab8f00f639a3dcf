/** Where a master key is. The forms of AWS and Google are those of Tink's key URIs. */
export type KeyUri =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'transit'; readonly mount: string; readonly key: string }
  | { readonly scheme: 'aws-kms'; readonly arn: string; readonly region: string }
  | { readonly scheme: 'gcp-kms'; readonly cryptoKey: string };

/** What a key URI looks like, for those who wrote another. */
export const KEY_URI_FORMS =
  'must be file:///path, transit://mount/key, aws-kms://arn:aws:kms:…:key/… (no alias) or gcp-kms://projects/…/cryptoKeys/… (no version)';

const FILE = /^file:\/\/(\/.+)$/;
const TRANSIT = /^transit:\/\/([\w-]+(?:\/[\w-]+)*)\/([\w-][\w.-]*)$/;
// Not an alias, which may lead to another key tomorrow: a row must say which key can open it.
const AWS_KMS = /^aws-kms:\/\/(arn:aws[\w-]*:kms:([a-z0-9-]+):\d{12}:key\/[\w-]+)$/;
const GCP_KMS = /^gcp-kms:\/\/(projects\/[\w:.-]+\/locations\/[\w-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+)$/;
const MAX_CHARACTERS = 1000;

/** The parts of a key URI; undefined when it is none. */
export function parseKeyUri(text: string): KeyUri | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const [, path] = FILE.exec(text) ?? [];
  if (path !== undefined) return { scheme: 'file', path };
  const [, mount, key] = TRANSIT.exec(text) ?? [];
  if (mount !== undefined && key !== undefined) return { scheme: 'transit', mount, key };
  const [, arn, region] = AWS_KMS.exec(text) ?? [];
  if (arn !== undefined && region !== undefined) return { scheme: 'aws-kms', arn, region };
  const [, cryptoKey] = GCP_KMS.exec(text) ?? [];
  return cryptoKey === undefined ? undefined : { scheme: 'gcp-kms', cryptoKey };
}
