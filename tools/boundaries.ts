/**
 * Who may import whom, checked over Nx's project graph and the imports in the sources. The graph is made of the package.json files
 * and gives the order of the build; so what a source imports must be named there too.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** A library may use these and no others; an app may use every library but testkit and local. */
const LIBRARY_USES: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  signing: [],
  rotation: [],
  egress: [],
  postgres: [],
  runtime: ['contracts'],
  kafka: ['contracts', 'runtime'],
  outbox: ['contracts', 'runtime', 'kafka', 'postgres'],
  local: ['contracts'],
  testkit: ['contracts', 'local'],
};
/** Not part of what runs in production: they may use every library. */
const BESIDE_THE_PRODUCT: readonly string[] = ['bench', 'e2e'];
const NOT_FOR_APPS: readonly string[] = ['local'];
/** Used by specs of any project, except those that testkit itself stands on. */
const TESTKIT = 'testkit';

export interface ProjectGraph {
  readonly nodes: Readonly<Record<string, { readonly data: { readonly root: string } }>>;
  readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>>;
}

interface Project {
  readonly name: string;
  readonly root: string;
  /** By package.json. */
  readonly uses: readonly string[];
  /** By what its files say. */
  readonly imports: readonly Import[];
}

interface Import {
  /** Path of the importing file, from the top folder. */
  readonly file: string;
  /** Name of another project. */
  readonly target: string;
  /** In a spec, or in a folder spec/ with what specs share. */
  readonly inSpec: boolean;
}

/** Every breach of the rules, one sentence each. `top` is the folder the projects' roots are relative to. */
export function findViolations(graph: ProjectGraph, top: string): readonly string[] {
  const projects = toProjects(graph, top);
  const violations = [
    ...findGaps(projects, top),
    ...projects.flatMap((project) => allTargets(project).flatMap((used) => judge(project, used, projects))),
    ...projects.flatMap(judgeImports),
    ...findCycles(projects),
  ];
  return [...new Set(violations)];
}

/** Nx's graph of the workspace in `top`, computed now. */
export async function readGraph(top: string): Promise<ProjectGraph> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-graph-'));
  const file = path.join(directory, 'graph.json');
  const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_ISOLATE_PLUGINS: 'false', NX_NO_CLOUD: 'true' };
  try {
    await promisify(execFile)(path.join(top, 'node_modules/.bin/nx'), ['graph', `--file=${file}`], { cwd: top, env });
    return (JSON.parse(fs.readFileSync(file, 'utf8')) as { graph: ProjectGraph }).graph;
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

function toProjects({ nodes, dependencies }: ProjectGraph, top: string): readonly Project[] {
  const roots = Object.entries(nodes).map(([name, { data }]) => [shortName(name), data.root] as const);
  return Object.entries(nodes).map(([name, { data }]) => {
    const targets = (dependencies[name] ?? []).map(({ target }) => target).filter((target) => target in nodes);
    const imports = findImports(path.join(top, data.root), top, roots).filter(({ target }) => target !== shortName(name));
    return { name: shortName(name), root: data.root, uses: [...new Set(targets.map(shortName))], imports };
  });
}

/** Imports of other projects, by package name and by a path that leaves the project. */
function findImports(directory: string, top: string, roots: readonly (readonly [string, string])[]): readonly Import[] {
  return sourceFiles(directory).flatMap((file) => {
    const specifiers = [...fs.readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
      ([, specifier = '']) => specifier,
    );
    const targets = specifiers.map((specifier) => {
      if (specifier.startsWith('@hookwright/')) return shortName(specifier).split('/')[0];
      if (!specifier.startsWith('.')) return undefined;
      const imported = path.relative(top, path.resolve(path.dirname(file), specifier));
      return roots.find(([, root]) => imported.startsWith(`${root}/`))?.[0];
    });
    const inSpec = /\.spec\.ts$|\/spec\//.test(file);
    return targets.filter((target) => target !== undefined).map((target) => ({ file: path.relative(top, file), target, inSpec }));
  });
}

function allTargets({ uses, imports }: Project): readonly string[] {
  return [...new Set([...uses, ...imports.map(({ target }) => target)])];
}

/** A graph with holes would pass every rule: all projects must be in it, and some of them must use another. */
function findGaps(projects: readonly Project[], top: string): readonly string[] {
  const known = new Set(projects.map((project) => project.root));
  const missing = projectFolders(top).filter((root) => !known.has(root));
  const gaps = missing.map((root) => `${root} is not in the project graph`);
  if (projects.every((project) => project.uses.length === 0)) gaps.push('the project graph has no dependencies at all');
  return gaps;
}

function projectFolders(top: string): readonly string[] {
  return ['apps', 'libs'].flatMap((folder) => {
    const children = fs.existsSync(path.join(top, folder)) ? fs.readdirSync(path.join(top, folder)) : [];
    return children.map((child) => `${folder}/${child}`).filter((root) => fs.existsSync(path.join(top, root, 'package.json')));
  });
}

function judge(project: Project, used: string, projects: readonly Project[]): readonly string[] {
  const target = projects.find(({ name }) => name === used);
  if (target === undefined || used === TESTKIT) return [];
  if (isApp(target)) return [`${project.name} uses the app ${used}: apps talk through Kafka and gRPC`];
  if (BESIDE_THE_PRODUCT.includes(used)) return [`${project.name} uses ${used}, which is beside the product`];
  if (BESIDE_THE_PRODUCT.includes(project.name)) return [];
  if (isApp(project)) return NOT_FOR_APPS.includes(used) ? [`the app ${project.name} uses ${used}`] : [];
  const allowed = LIBRARY_USES[project.name];
  if (allowed === undefined) return [`the library ${project.name} has no line in LIBRARY_USES of tools/boundaries.ts`];
  return allowed.includes(used) ? [] : [`the library ${project.name} may not use ${used}`];
}

function judgeImports(project: Project): readonly string[] {
  const beneathTestkit = (LIBRARY_USES[TESTKIT] ?? []).includes(project.name);
  return project.imports.flatMap(({ file, target, inSpec }) => {
    if (target === TESTKIT && beneathTestkit) return [`${file} imports testkit, which stands on ${project.name}`];
    if (inSpec || BESIDE_THE_PRODUCT.includes(project.name)) return [];
    if (target === TESTKIT) return [`${file} imports testkit: only specs may`];
    return project.uses.includes(target) ? [] : [`${file} imports ${target}, which the package.json of ${project.name} does not name`];
  });
}

function sourceFiles(directory: string): readonly string[] {
  const skipped = /(^|\/)(node_modules|dist|generated)(\/|$)/;
  return fs
    .readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !skipped.test(file))
    .map((file) => path.join(directory, file));
}

/** Cycles by depth-first search, each named once. What only specs import is left out. */
function findCycles(projects: readonly Project[]): readonly string[] {
  const uses = new Map(projects.map((project) => [project.name, targetsOfSources(project)]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (name: string, trail: readonly string[]): void => {
    if (trail.includes(name)) {
      cycles.push(`a cycle: ${[...trail.slice(trail.indexOf(name)), name].join(' → ')}`);
      return;
    }
    if (finished.has(name)) return;
    for (const used of uses.get(name) ?? []) visit(used, [...trail, name]);
    finished.add(name);
  };
  for (const { name } of projects) visit(name, []);
  return cycles;
}

function targetsOfSources({ uses, imports }: Project): readonly string[] {
  return [...uses, ...imports.filter(({ inSpec }) => !inSpec).map(({ target }) => target)];
}

function isApp(project: Project): boolean {
  return project.root.startsWith('apps/');
}

function shortName(name: string): string {
  return name.replace('@hookwright/', '');
}

if (import.meta.main) {
  const top = path.resolve(import.meta.dirname, '..');
  const graph = await readGraph(top);
  const violations = findViolations(graph, top);
  for (const violation of violations) console.error(violation);
  if (violations.length === 0) console.log(`${Object.keys(graph.nodes).length} projects keep to the rules`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
