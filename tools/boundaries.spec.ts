import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findViolations, type ProjectGraph, readGraph } from './boundaries.ts';

const TOP = path.resolve(import.meta.dirname, '..');

/** `app:registry` → apps/registry. */
function graphOf(uses: Record<string, string[]>): ProjectGraph {
  const nameOf = (id: string): string => `@hookwright/${id.split(':')[1]!}`;
  const rootOf = (id: string): string => id.replace('app:', 'apps/').replace('lib:', 'libs/').replace('top:', '');
  const ids = Object.keys(uses);
  return {
    nodes: Object.fromEntries(ids.map((id) => [nameOf(id), { data: { root: rootOf(id) } }])),
    dependencies: Object.fromEntries(ids.map((id) => [nameOf(id), uses[id]!.map((target) => ({ target: `@hookwright/${target}` }))])),
  };
}

describe('the rules', () => {
  let empty: string;
  beforeAll(() => {
    empty = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-boundaries-'));
  });
  afterAll(() => fs.rmSync(empty, { recursive: true }));

  const judge = (uses: Record<string, string[]>): readonly string[] => {
    const graph = graphOf(uses);
    for (const { data } of Object.values(graph.nodes)) fs.mkdirSync(path.join(empty, data.root), { recursive: true });
    return findViolations(graph, empty);
  };

  it('let an app use libraries', () => {
    expect(judge({ 'app:registry': ['contracts', 'kafka'], 'lib:contracts': [], 'lib:kafka': ['contracts'] })).toEqual([]);
  });

  it.each([
    ['an app uses an app', { 'app:gateway': ['registry'], 'app:registry': [] }, 'gateway uses the app registry'],
    ['a library uses an app', { 'lib:kafka': ['registry'], 'app:registry': [] }, 'kafka uses the app registry'],
    ['a library uses one it may not', { 'lib:signing': ['kafka'], 'lib:kafka': [] }, 'signing may not use kafka'],
    ['a library is unknown', { 'lib:helpers': ['kafka'], 'lib:kafka': [] }, 'helpers has no line'],
    ['an app uses what only runs it', { 'app:ingest': ['local'], 'top:local': [] }, 'ingest uses local'],
    ['the product uses the bench', { 'lib:kafka': ['bench'], 'top:bench': [] }, 'beside the product'],
    ['libraries form a cycle', { 'lib:kafka': ['runtime'], 'lib:runtime': ['kafka'] }, 'a cycle: kafka → runtime → kafka'],
    ['nothing uses anything', { 'app:ingest': [], 'lib:kafka': [] }, 'no dependencies at all'],
    ['the graph is empty', {}, 'no dependencies at all'],
  ])('are broken when %s', (_name, uses, expected) => {
    expect(judge(uses as Record<string, string[]>).join('\n')).toContain(expected);
  });

  it('are broken when testkit is imported outside a spec', () => {
    const source = path.join(empty, 'apps/vault/src');
    fs.mkdirSync(source, { recursive: true });
    fs.writeFileSync(path.join(source, 'keys.spec.ts'), "import { eventually } from '@hookwright/testkit';\n");
    const uses = { 'app:vault': ['signing'], 'lib:testkit': [], 'lib:signing': [] };
    expect(judge(uses)).toEqual([]);
    fs.writeFileSync(path.join(source, 'keys.ts'), "import { eventually } from '@hookwright/testkit';\n");
    expect(judge(uses)).toEqual(['apps/vault/src/keys.ts imports testkit: only specs may']);
    fs.rmSync(source, { recursive: true });
  });

  it('are broken when a source imports what its package.json does not name', () => {
    const source = path.join(empty, 'libs/outbox/src');
    fs.mkdirSync(source, { recursive: true });
    fs.writeFileSync(path.join(source, 'relay.ts'), "import type { Producer } from '@hookwright/kafka';\n");
    expect(judge({ 'lib:outbox': ['kafka'], 'lib:kafka': [] })).toEqual([]);
    const expected = 'libs/outbox/src/relay.ts imports kafka, which the package.json of outbox does not name';
    expect(judge({ 'lib:outbox': ['contracts'], 'lib:kafka': [], 'lib:contracts': [] })).toEqual([expected]);
    fs.rmSync(source, { recursive: true });
  });

  it('let specs close a cycle, and sources not', () => {
    const source = path.join(empty, 'libs/runtime/src');
    fs.mkdirSync(source, { recursive: true });
    fs.writeFileSync(path.join(source, 'service.spec.ts'), "import '@hookwright/kafka';\n");
    const uses = { 'lib:kafka': ['runtime'], 'lib:runtime': [] };
    expect(judge(uses).join()).not.toContain('a cycle');
    fs.writeFileSync(path.join(source, 'service.ts'), "await import('@hookwright/kafka');\n");
    expect(judge(uses).join()).toContain('a cycle: kafka → runtime → kafka');
    fs.rmSync(source, { recursive: true });
  });

  it('are broken when a project is missing from the graph', () => {
    fs.mkdirSync(path.join(empty, 'libs/lost'), { recursive: true });
    fs.writeFileSync(path.join(empty, 'libs/lost/package.json'), '{}');
    expect(judge({ 'app:ingest': ['kafka'], 'lib:kafka': [] })).toEqual(['libs/lost is not in the project graph']);
  });
});

describe('the graph of Nx', () => {
  it('of this clone keeps to the rules', async () => {
    expect(findViolations(await readGraph(TOP), TOP)).toEqual([]);
  });

  it('of another one shows what breaks them, by package.json, by package name and by path', async () => {
    const workspace = makeWorkspace({
      'apps/portal/package.json': packageJson('portal', { '@hookwright/gateway': '*' }),
      'apps/portal/src/main.ts': '',
      'apps/gateway/src/main.ts': "export * from '@hookwright/registry';\n",
      'apps/registry/src/index.ts': "export * from '../../ingest/src/index.ts';\n",
      'apps/ingest/src/index.ts': 'export const ingest = 1;\n',
    });
    try {
      const violations = findViolations(await readGraph(workspace), workspace);
      expect(violations.join('\n')).toContain('portal uses the app gateway');
      expect(violations.join('\n')).toContain('gateway uses the app registry');
      expect(violations.join('\n')).toContain('registry uses the app ingest');
    } finally {
      fs.rmSync(workspace, { recursive: true });
    }
  });
});

/** A workspace with this clone's Nx settings and other sources. */
function makeWorkspace(sources: Record<string, string>): string {
  const workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-workspace-'));
  for (const file of ['nx.json', 'tsconfig.base.json', 'package-lock.json'])
    fs.copyFileSync(path.join(TOP, file), path.join(workspace, file));
  fs.writeFileSync(path.join(workspace, 'package.json'), JSON.stringify({ name: 'w', private: true, workspaces: ['apps/*'] }));
  fs.symlinkSync(path.join(TOP, 'node_modules'), path.join(workspace, 'node_modules'));
  for (const [file, text] of Object.entries(sources)) {
    const [folder = '', project = ''] = file.split('/');
    const root = path.join(workspace, folder, project);
    fs.mkdirSync(path.join(root, 'src'), { recursive: true });
    fs.writeFileSync(path.join(workspace, file), text);
    const manifest = path.join(root, 'package.json');
    if (!fs.existsSync(manifest)) fs.writeFileSync(manifest, packageJson(project, {}));
  }
  return workspace;
}

function packageJson(project: string, dependencies: Record<string, string>): string {
  return JSON.stringify({
    name: `@hookwright/${project}`,
    version: '0.0.0',
    type: 'module',
    exports: { '.': './src/index.ts' },
    dependencies,
  });
}
