/** What production tells Node by flags and settings: every process under measurement is told the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const readImage = (): string => readFileSync(join(__dirname, '..', '..', 'Dockerfile'), 'utf8');

/** Where the image keeps what Node has compiled of the program, the bench keeps it beside the program. */
export function productionEnvironment(programFolder: string): Record<string, string> {
  const kept = /\bNODE_COMPILE_CACHE=/.test(readImage());
  return kept ? { NODE_COMPILE_CACHE: join(programFolder, 'compiled') } : {};
}

/** What stands between `node` and the program in the image's command, and in its NODE_OPTIONS. */
export function productionFlags(): string[] {
  const image = readImage();
  const command = /^CMD (\[.*\])$/m.exec(image)?.[1];
  const words = command === undefined ? [] : (JSON.parse(command) as string[]);
  const options = /\bNODE_OPTIONS=(?:"([^"]*)"|(\S+))/.exec(image);
  const given = (options?.[1] ?? options?.[2] ?? '').split(' ');
  return [...given, ...words.slice(1, -1)].filter((word) => word.startsWith('-'));
}
