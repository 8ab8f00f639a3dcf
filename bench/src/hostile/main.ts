import fs from 'node:fs';
import path from 'node:path';
import { BehaviourTable } from './behaviours/behaviour-table.ts';
import { makeCertificates } from './certificates.ts';
import { controlServer } from './control.ts';
import { Journal } from './journal.ts';
import { listen, openListeners } from './listeners.ts';

// Run by start-hostile.ts with a directory of this run: certificates go there, and at last ports.json, which says that it is ready.
const directory = process.argv[2];
if (directory === undefined) throw new Error('the directory of the run is missing');

const journal = new Journal();
const behaviours = new BehaviourTable();
const ports = {
  ...(await openListeners({ journal, behaviours, certificates: makeCertificates(directory) })),
  control: await listen(controlServer(journal, behaviours)),
};
const file = path.join(directory, 'ports.json');
fs.writeFileSync(`${file}.new`, JSON.stringify(ports));
fs.renameSync(`${file}.new`, file);

// Its parent is gone.
process.on('disconnect', () => process.exit());
