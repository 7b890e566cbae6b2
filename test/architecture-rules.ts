/**
 * The rules of docs/architecture.md about who may import what, as one function over the texts of src/.
 * It reads import lines only; what the compiler already refuses is not looked for again.
 */
import { posix } from 'node:path';

/** Path from the root of the repository, with slashes → text. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  from: string;
  /** Path of the file of src/ that is meant, or the name of a package. */
  to: string;
  kind: 'file' | 'package';
}

const FLOWS = [
  'registration',
  'sign-in',
  'recovery',
  'approvals',
  'account',
  'admin',
  'provider',
  'consenting',
  'choosing-company',
];
const RECORDS = [
  'accounts',
  'companies',
  'clients',
  'upstreams',
  'legacy-accounts',
  'attorney',
  'consents',
  'contracts',
];
const SUPPORTING_RECORDS = ['tokens', 'captcha', 'notifications', 'audit'];
const FLOOR = ['http', 'storage', 'config'];
const FLOOR_FILES = ['clock', 'config', 'errors', 'log', 'secrets'].map((name) => `src/${name}.ts`);
const PLUG_FOLDERS = ['steps', 'methods', 'providers', 'gateways', 'directories', 'commands', 'files'];
const NAMELESS_FOLDERS = ['utils', 'util', 'common', 'helpers', 'shared', 'misc', 'lib'];
const MAX_LINES = 300;
const MAX_FILES = 12;

type Layer = 'entry' | 'development' | 'flow' | 'record' | 'supporting record' | 'floor' | 'unknown';

const inFolder = (path: string, folder: string): boolean => path.startsWith(`src/${folder}/`);
const holdsKoa = (path: string): boolean =>
  path === 'src/app.ts' ||
  inFolder(path, 'http') ||
  inFolder(path, 'provider') ||
  path.endsWith('/routes.ts');

/** Who may import a package; a package that is not here may be imported anywhere. */
const OWNERS: readonly [packages: RegExp, owner: string, owns: (path: string) => boolean][] = [
  [/^oidc-provider$/, 'src/provider/', (path) => inFolder(path, 'provider')],
  [/^jose$/, 'src/provider/', (path) => inFolder(path, 'provider')],
  [/^(pg|ioredis|@electric-sql\/pglite)$/, 'src/storage/', (path) => inFolder(path, 'storage')],
  [
    /^(argon2|@node-rs\/argon2)$/,
    'src/accounts/passwords.ts and its worker',
    (path) => /^src\/accounts\/(passwords\.ts|password-worker\.cts)$/.test(path),
  ],
  [
    /^bcryptjs$/,
    'src/legacy-accounts/bcrypt-worker.cts',
    (path) => path === 'src/legacy-accounts/bcrypt-worker.cts',
  ],
  [/^libphonenumber-js$/, 'src/accounts/phone-number.ts', (path) => path === 'src/accounts/phone-number.ts'],
  [/^nodemailer$/, 'src/notifications/email.ts', (path) => path === 'src/notifications/email.ts'],
  [/^@fastify\/busboy$/, 'src/http/files/uploads.ts', (path) => path === 'src/http/files/uploads.ts'],
  [/^saxes$/, 'src/attorney/contents/mchd.ts', (path) => path === 'src/attorney/contents/mchd.ts'],
  [/^aws4fetch$/, 'src/attorney/files/s3.ts', (path) => path === 'src/attorney/files/s3.ts'],
  [/^openid-client$/, 'src/upstreams/', (path) => inFolder(path, 'upstreams')],
  [/^(koa|koa-.*|@koa\/.*)$/, 'app.ts, http/, provider/ and routes.ts', holdsKoa],
];

function folderOf(path: string): string | undefined {
  const parts = path.split('/');
  return parts.length > 2 ? parts[1] : undefined;
}

function layerOf(path: string): Layer {
  const folder = folderOf(path);
  if (FLOOR_FILES.includes(path) || (folder && FLOOR.includes(folder))) return 'floor';
  // What else stands in src/ itself, and node/, puts the folders together; no folder may import it.
  if (folder === undefined || folder === 'node' || path === 'src/admin/main.ts') return 'entry';
  if (folder === 'development') return 'development';
  if (FLOWS.includes(folder)) return 'flow';
  if (RECORDS.includes(folder)) return 'record';
  return SUPPORTING_RECORDS.includes(folder) ? 'supporting record' : 'unknown';
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function specifiersOf(text: string): string[] {
  const code = withoutComments(text);
  const patterns = [
    /^(?:import|export)\b[^;'"]*?\bfrom\s+['"]([^'"]+)['"]/gm,
    /^import\s+['"]([^'"]+)['"]/gm,
    /\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''));
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function resolveFile(from: string, specifier: string, sources: Sources): string | undefined {
  const base = posix.join(posix.dirname(from), specifier);
  return [base, `${base}.ts`, `${base}.cts`, `${base}/index.ts`].find((path) => sources.has(path));
}

function importsOf(path: string, sources: Sources): Import[] {
  return specifiersOf(sources.get(path) ?? '').flatMap((specifier): Import[] => {
    if (!specifier.startsWith('.')) return [{ from: path, to: packageName(specifier), kind: 'package' }];
    const to = resolveFile(path, specifier, sources);
    return to ? [{ from: path, to, kind: 'file' }] : [];
  });
}

const ALLOWED: Record<Layer, readonly Layer[]> = {
  entry: ['entry', 'development', 'flow', 'record', 'supporting record', 'floor'],
  development: ['entry', 'development', 'flow', 'record', 'supporting record', 'floor'],
  flow: ['flow', 'record', 'supporting record', 'floor'],
  record: ['record', 'supporting record', 'floor'],
  'supporting record': ['supporting record', 'floor'],
  floor: ['floor'],
  unknown: [],
};

function directionFault({ from, to }: Import): string | undefined {
  const [importer, imported] = [layerOf(from), layerOf(to)];
  if (!ALLOWED[importer].includes(imported)) return `${from} (${importer}) imports ${to} (${imported})`;
  if (importer === 'flow' && imported === 'flow' && folderOf(from) !== folderOf(to))
    return `${from} imports another flow: ${to}`;
  if (inFolder(from, 'attorney') && inFolder(to, 'companies'))
    return `${from} imports ${to}; papers know applications by their id only`;
  const isRecord = importer === 'record' || importer === 'supporting record';
  return isRecord && inFolder(to, 'http') ? `${from} is a record and imports ${to}` : undefined;
}

function siblingFault({ from, to }: Import): string | undefined {
  const folder = posix.dirname(from);
  const isPlug = PLUG_FOLDERS.includes(posix.basename(folder)) && posix.basename(from) !== 'index.ts';
  return isPlug && posix.dirname(to) === folder
    ? `${from} is a plug and imports its sibling ${to}`
    : undefined;
}

function ownerFault({ from, to }: Import): string | undefined {
  if (layerOf(from) === 'development') return undefined;
  const [, owner, owns] = OWNERS.find(([packages]) => packages.test(to)) ?? [];
  return owns && !owns(from) ? `${from} imports ${to}, which belongs to ${owner}` : undefined;
}

function importFault(found: Import): string[] {
  const faults =
    found.kind === 'package' ? [ownerFault(found)] : [directionFault(found), siblingFault(found)];
  return faults.filter((fault) => fault !== undefined);
}

/** Each cycle once, whatever file it is entered by; imports of types count too. */
function cycleFaults(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to, kind } of imports)
    if (kind === 'file') next.set(from, [...(next.get(from) ?? []), to]);
  const faults: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) faults.push(`cycle: ${[...trail.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const following of next.get(path) ?? []) visit(following, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return faults;
}

function textFaults(path: string, text: string): string[] {
  const code = withoutComments(text);
  const lines = text.trimEnd().split('\n').length;
  const rules: [boolean, string][] = [
    [/^export\s+default\b|\bas\s+default\b/m.test(code), 'has a default export'],
    [/^export\s+(?:type\s+)?\*/m.test(code) && !isPlugList(path), 'is a barrel'],
    [/\bprocess\s*\.\s*env\b/.test(code) && path !== 'src/config.ts', 'reads process.env'],
    [lines > MAX_LINES, `has ${lines} lines, more than ${MAX_LINES}`],
    [layerOf(path) === 'unknown', 'stands in a folder without a layer'],
  ];
  return rules.filter(([broken]) => broken).map(([, fault]) => `${path} ${fault}`);
}

const isPlugList = (path: string): boolean =>
  posix.basename(path) === 'index.ts' && PLUG_FOLDERS.includes(posix.basename(posix.dirname(path)));

function folderFaults(paths: readonly string[]): string[] {
  const sizes = new Map<string, number>();
  for (const path of paths) sizes.set(posix.dirname(path), (sizes.get(posix.dirname(path)) ?? 0) + 1);
  return [...sizes].flatMap(([folder, size]) => [
    ...(size > MAX_FILES ? [`${folder}/ holds ${size} files, more than ${MAX_FILES}`] : []),
    ...folder
      .split('/')
      .filter((name) => NAMELESS_FOLDERS.includes(name))
      .map((name) => `${folder}/ is called ${name}, which says nothing`),
  ]);
}

/** Every broken rule as one sentence; none when the house is in order. */
export function architectureFaults(sources: Sources): string[] {
  const paths = [...sources.keys()].sort();
  const imports = paths.flatMap((path) => importsOf(path, sources));
  const faults = [
    ...imports.flatMap(importFault),
    ...cycleFaults(imports),
    ...paths.flatMap((path) => textFaults(path, sources.get(path) ?? '')),
    ...folderFaults(paths),
  ];
  return [...new Set(faults)];
}
