/** The flags that production gives to Node: every process under measurement gets the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What stands between `node` and the program in the image's command, and in its NODE_OPTIONS. */
export function productionFlags(): string[] {
  const image = readFileSync(join(__dirname, '..', 'Dockerfile'), 'utf8');
  const command = /^CMD (\[.*\])$/m.exec(image)?.[1];
  const words = command === undefined ? [] : (JSON.parse(command) as string[]);
  const options = /\bNODE_OPTIONS=(?:"([^"]*)"|(\S+))/.exec(image);
  const given = (options?.[1] ?? options?.[2] ?? '').split(' ');
  return [...given, ...words.slice(1, -1)].filter((word) => word.startsWith('-'));
}
