import fs from 'node:fs';
import path from 'node:path';

/** What the demo has to remember between starts. The secret is shown by the API only once. */
export interface DemoFile {
  readonly appId: string;
  readonly secretId: string;
  readonly secret: string;
}

/** Undefined: there is none yet, or it cannot be used. */
export function readDemoFile(file: string): DemoFile | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as DemoFile;
  } catch {
    return undefined;
  }
}

/** Readable by its owner only. Replaced in one step: the receiver reads it at any time. */
export function writeDemoFile(file: string, content: DemoFile): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}
