import type { Command } from 'commander';
import { findProfile, listAccountIds } from '../../../accounts/store';
import { pairwiseSubject, sectorOf } from '../../../clients/subjects';
import { Failure, type AdminContext } from '../../admin';
import { getClient } from '../../client-options';
import { addLeaf, addNoun, startRun, takeRandomValues, type AddCommands, type Run } from '../../command';
import { accountJson, getAccount } from '../../find-account';

interface Options {
  client: string;
  json?: true;
}

/** `subjects`: between an account and the `sub` that a relying party knows it by. */
export const addSubjects: AddCommands = (program, context) => {
  const subjects = addNoun(program, 'subjects', {
    summary: 'under which sub a relying party knows a person',
    examples: ['subjects find 4Wc…Qk --client partner', 'subjects show ivan@example.com --client partner'],
  });
  addShow(subjects, context);
  addFind(subjects, context);
};

/** The sub of an account there. @throws Failure */
async function subjectMaker({ tools }: Run, id: string): Promise<(accountId: string) => string> {
  const sector = sectorOf((await getClient(tools.db, id)).metadata);
  if (sector === undefined) return (accountId) => accountId;
  const { pairwiseSalt: salt } = tools.config;
  if (salt === undefined)
    throw new Failure('failed', 'PAIRWISE_SALT is not set here; without it no such subject can be made.');
  return (accountId) => pairwiseSubject(salt, sector, accountId);
}

function addShow(subjects: Command, context: AdminContext): void {
  addLeaf(subjects, 'show <account>', {
    summary: 'the sub of a person at a relying party',
    examples: ['subjects show ivan@example.com --client partner'],
  })
    .requiredOption('--client <id>', 'the relying party')
    .action(async (who: string, { client, json }: Options) => {
      const run = await startRun(context);
      const sub = (await subjectMaker(run, client))((await getAccount(run.tools.db, who)).id);
      if (json) run.print.json({ client_id: client, sub });
      else run.print.line(sub);
    });
}

const PAGE = 5000;

function addFind(subjects: Command, context: AdminContext): void {
  const leaf = addLeaf(subjects, 'find <sub>', {
    summary: 'the account that a relying party knows by this sub; a pairwise one is looked for among all',
    examples: ['subjects find 4WcQm0T2f8… --client partner'],
  });
  takeRandomValues(leaf)
    .requiredOption('--client <id>', 'the relying party')
    .action(async (sub: string, { client, json }: Options) => {
      const run = await startRun(context);
      const { tools, print } = run;
      const subjectOf = await subjectMaker(run, client);
      const id = await findSubject(run, (accountId) => subjectOf(accountId) === sub);
      const profile = id === undefined ? undefined : await findProfile(tools.db, id);
      if (!profile) throw new Failure('notFound', `${client} knows nobody by this sub.`);
      if (json) print.json(accountJson(profile));
      else print.line(`Account ${profile.id}; accounts show ${profile.id} shows it.`);
    });
}

async function findSubject(
  { tools }: Run,
  isIt: (accountId: string) => boolean,
): Promise<string | undefined> {
  for (let after: string | undefined; ;) {
    const ids = await listAccountIds(tools.db, { after, limit: PAGE });
    const found = ids.find(isIt);
    if (found !== undefined || ids.length < PAGE) return found;
    after = ids.at(-1);
  }
}
