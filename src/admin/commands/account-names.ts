import type { Command } from 'commander';
import { changeNames, type NameChange } from '../../accounts/change-account';
import { parseLoginName } from '../../accounts/login-name';
import { parsePhone } from '../../accounts/phone-number';
import { findProfile } from '../../accounts/store';
import { Failure, type AdminContext } from '../admin';
import { addLeaf, nounOf, startRun, type AddCommands } from '../command';
import { accountJson, getAccount } from '../find-account';

interface UpdateOptions {
  json?: true;
  login?: string;
  phone?: string;
  phoneProved?: true;
}

/** `accounts update`: the names beside the e-mail. */
export const addAccountNames: AddCommands = (program, context) => {
  addUpdate(nounOf(program, 'accounts'), context);
};

function addUpdate(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'update <account>', {
    summary: 'give an account a login name or a phone to sign in with; "" takes it away',
    examples: [
      'accounts update ivan@example.com --login ivanov.sklad',
      'accounts update ivan@example.com --phone "8 909 000-00-00" --phone-proved',
    ],
  })
    .option('--login <name>', '3 to 64 letters, digits, ".", "_", "-"; at least one letter')
    .option('--phone <number>', 'however it is written; without a country code it is Russian')
    .option('--phone-proved', 'you have seen that it is theirs: it signs in and recovers; audited')
    .action(async (who: string, options: UpdateOptions) => {
      const { tools, actor, print } = await startRun(context);
      const change = readChange(options);
      const { id } = await getAccount(tools.db, who);
      const outcome = await changeNames({ ...tools, issuer: tools.config.issuer }, id, change, actor);
      if (outcome === 'name_taken')
        throw new Failure('conflict', 'This name belongs to another account; accounts show <name> shows it.');
      const profile = await findProfile(tools.db, id);
      if (options.json && profile) print.json(accountJson(profile));
      else print.line(`Account ${id} changed.`);
    });
}

/** @throws Failure for a name that is none, or when nothing is said. */
function readChange({ login, phone, phoneProved }: UpdateOptions): NameChange {
  if (login === undefined && phone === undefined)
    throw new Failure('usage', 'Say what to change: --login, --phone or both.');
  return {
    ...(login === undefined ? {} : { login: readLogin(login) }),
    ...(phone === undefined ? {} : { phone: readPhone(phone, phoneProved === true) }),
  };
}

function readLogin(text: string): NonNullable<NameChange['login']> | null {
  if (text === '') return null;
  const login = parseLoginName(text);
  if (login) return login;
  throw new Failure(
    'usage',
    `${text} is no login name: 3 to 64 Latin or Russian letters, digits, ".", "_" and "-", at least one letter, and no sign but a letter or digit at either end.`,
  );
}

function readPhone(text: string, proved: boolean): NonNullable<NameChange['phone']> | null {
  if (text === '') return null;
  const phone = parsePhone(text);
  if (typeof phone === 'object') return { value: phone.value, proved };
  throw new Failure('usage', `${text} is not a person's phone number; give one such as "+7 909 000-00-00".`);
}
