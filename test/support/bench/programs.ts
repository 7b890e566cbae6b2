/** The programs the bench needs; on a Debian machine, as root, it installs the missing ones. */
import { execFileSync } from 'node:child_process';
import { findPostgres } from '../postgres-server';
import { findProgram } from '../processes';
import { findHaproxy } from '../proxy';

interface Program {
  find(): string | undefined;
  /** Debian packages that bring it. */
  packages: readonly string[];
}

/** The path of a Chromium that Playwright can drive. */
export function findChromium(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome']
    .map(findProgram)
    .find((path) => path !== undefined);
}

const PROGRAMS: readonly Program[] = [
  { find: findPostgres, packages: ['postgresql'] },
  { find: () => findProgram('redis-server'), packages: ['redis-server'] },
  { find: findChromium, packages: ['chromium', 'fonts-dejavu-core'] },
  { find: findHaproxy, packages: ['haproxy'] },
];

const missingPackages = () =>
  PROGRAMS.filter((program) => program.find() === undefined).flatMap((program) => program.packages);

/** Installs what is missing. @throws Error that names the packages where that cannot be done. */
export function ensurePrograms(): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const apt = findProgram('apt-get');
  if (process.getuid?.() === 0 && apt) install(apt, missing);
  const left = missingPackages();
  if (left.length > 0) {
    throw new Error(
      `The tests need Postgres 15 or newer, Redis, Chromium and HAProxy. Please install: apt-get install ${left.join(' ')}`,
    );
  }
}

function install(apt: string, packages: readonly string[]): void {
  const options = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  // Chatter goes to stderr, so that what a caller reads from stdout stays Jest's.
  const run = (parameters: readonly string[]) =>
    execFileSync(apt, parameters, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  process.stderr.write(`Installing for the tests: ${packages.join(' ')}\n`);
  try {
    run(['update', '-q']);
    run(['install', '-q', ...options, ...packages]);
  } catch {
    process.stderr.write('apt-get could not install them\n');
  }
}
