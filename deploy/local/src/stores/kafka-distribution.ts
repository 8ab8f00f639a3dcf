import fs from 'node:fs';
import path from 'node:path';
import { runCommand } from '../process/run-command.ts';
import { ROOT, StartError, STATE_DIRECTORY } from '../root.ts';

const POM = path.join(ROOT, 'deploy/kafka/pom.xml');

/** Folder of the broker's jars, whether they are there yet or not. The version is pom.xml's. */
export function kafkaJarsDirectory(): string {
  const pom = fs.readFileSync(POM, 'utf8');
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1];
  if (version === undefined) throw new Error(`no version of kafka_2.13 in ${POM}`);
  return path.join(STATE_DIRECTORY, `kafka-${version}`);
}

/** Copies the broker's jars from Maven Central when they are missing. Several callers at once do not disturb each other. */
export async function ensureKafkaJars(maven: string | undefined): Promise<string> {
  const jars = kafkaJarsDirectory();
  if (fs.existsSync(jars)) return jars;
  if (maven === undefined) throw new StartError('Maven (mvn) is needed once, to fetch the Kafka broker', 'Install Maven.');
  const fetched = `${jars}.${process.pid}`;
  fs.mkdirSync(path.dirname(jars), { recursive: true });
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fetched}`];
  const { code, output } = await runCommand([maven, '-q', '-B', '-f', POM, ...goal]);
  if (code !== 0) {
    fs.rmSync(fetched, { recursive: true, force: true });
    const advice = 'Check that Maven Central, or the mirror in ~/.m2/settings.xml, can be reached.';
    throw new StartError(`the Kafka broker could not be fetched from Maven Central: ${firstError(output)}`, advice);
  }
  moveIntoPlace(fetched, jars);
  return jars;
}

function moveIntoPlace(fetched: string, jars: string): void {
  try {
    fs.renameSync(fetched, jars);
  } catch (error) {
    // Somebody else was quicker: theirs is the same.
    fs.rmSync(fetched, { recursive: true, force: true });
    if (!fs.existsSync(jars)) throw error;
  }
}

function firstError(output: string): string {
  const lines = output.split('\n');
  return lines.find((line) => line.includes('[ERROR]')) ?? lines.at(-1) ?? 'mvn failed';
}
