/** What the browser needs to judge a password while it is typed. Advice only: passwords.ts decides. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { russianGuesses } from '../password-blocklist';

/** The files of a page on which a password is chosen, in the order in which they must run. */
export const METER_SCRIPTS = ['zxcvbn.js', 'zxcvbn-common.js', 'password-words.js', 'password-meter.js'];

/** Words of the trade, which the people who come here think of first. */
const TRADE =
  'терминал контейнер контейнеры груз грузы склад порт портван логистика экспедитор экспедиция диспетчер перевозки ' +
  'таможня пароход корабль причал водитель фура вагон кабинет компания договор доверенность пропуск';

const BUILT = 'zxcvbn-ts.js';

function builtFile(main: string): string {
  const text = readFileSync(join(dirname(main), BUILT), 'utf8');
  // The map is not served, and a browser's tools would ask for it.
  return text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
}

/** The scripts that do not stand in views/assets: zxcvbn with its lists, and our Russian words. By name. */
export function meterFiles(): Record<string, string> {
  return {
    'zxcvbn.js': builtFile(require.resolve('@zxcvbn-ts/core')),
    'zxcvbn-common.js': builtFile(require.resolve('@zxcvbn-ts/language-common')),
    'password-words.js': `'use strict';\nvar russianWords = ${JSON.stringify(russianGuesses(TRADE.split(' ')))};\n`,
  };
}
