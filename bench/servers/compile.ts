/** Compiles the subjects as a release is compiled, into a folder that looks like an installed one. */
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** What the compiled program looks for beside itself. */
const LINKED = ['node_modules', 'views', 'package.json'];

/** @param folder empty; gets `src/`, `migrations/` and `bench/` with JavaScript. */
export function compile(folder: string): void {
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  // Types are `npm run types`' matter; a bench needs the program only.
  const options = ['-p', join(ROOT, 'bench', 'tsconfig.build.json'), '--outDir', folder, '--noCheck'];
  execFileSync(compiler, options, { stdio: ['ignore', 'inherit', 'inherit'] });
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(folder, name));
}
