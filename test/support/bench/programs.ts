/** The programs the bench needs; on a Debian machine, as root, it installs the missing ones. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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

/** Where Debian puts them: on PATH there may be others, or none for a user who is not root. */
export const APACHE = '/usr/sbin/apache2';
export const SYSTEM_PYTHON = '/usr/bin/python3';
const PYTHON_PACKAGES = '/usr/lib/python3/dist-packages';

export const apacheModule = (name: string): string => `/usr/lib/apache2/modules/mod_${name}.so`;

const found = (...paths: string[]): string | undefined => (paths.every(existsSync) ? paths[0] : undefined);

const PROGRAMS: readonly Program[] = [
  { find: findPostgres, packages: ['postgresql'] },
  { find: () => findProgram('redis-server'), packages: ['redis-server'] },
  { find: findChromium, packages: ['chromium', 'fonts-dejavu-core'] },
  // Relying parties that are not ours.
  { find: () => found(APACHE, apacheModule('auth_openidc')), packages: ['libapache2-mod-auth-openidc'] },
  {
    find: () => found(`${PYTHON_PACKAGES}/authlib`, `${PYTHON_PACKAGES}/requests`, SYSTEM_PYTHON),
    packages: ['python3-authlib', 'python3-requests'],
  },
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
      `The tests need Postgres 15 or newer, Redis, Chromium, HAProxy, mod_auth_openidc and Authlib. Please install: apt-get install ${left.join(' ')}`,
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
