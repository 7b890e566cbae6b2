import type { Command } from 'commander';
import { Failure, type AdminContext, type KeyFacts } from '../admin';
import { addLeaf, addNoun, confirm, startRun, type AddCommands } from '../command';

interface ChangeOptions {
  json?: true;
  yes?: true;
}

/** `keys`: the keys that sign ID tokens. */
export const addKeys: AddCommands = (program, context) => {
  const keys = addNoun(program, 'keys', { summary: 'the keys that sign ID tokens', examples: ['keys list'] });
  addList(keys, context);
  addRotate(keys, context);
  addRevoke(keys, context);
};

const keyJson = (key: KeyFacts) => ({
  kid: key.kid,
  alg: key.alg,
  state: key.state,
  created_at: key.createdAt,
  state_since: key.stateSince,
});

function addList(keys: Command, context: AdminContext): void {
  addLeaf(keys, 'list', {
    summary: 'every key: current ones sign, next ones are published early, previous ones still verify',
    examples: ['keys list'],
  }).action(async ({ json }: { json?: true }) => {
    const { tools, print } = await startRun(context);
    const items = await tools.keys.list();
    if (json) {
      print.json({ items: items.map(keyJson), next: null });
      return;
    }
    print.table(items, [
      { title: 'KID', cell: ({ kid }) => kid },
      { title: 'ALG', cell: ({ alg }) => alg },
      { title: 'STATE', cell: ({ state }) => state, alarming: ({ state }) => state === 'revoked' },
      print.timeColumn('SINCE', ({ stateSince }) => stateSince),
    ]);
  });
}

function addRotate(keys: Command, context: AdminContext): void {
  addLeaf(keys, 'rotate', {
    summary: 'sign with the next keys from now on; what was signed before still verifies',
    examples: ['keys rotate', 'keys rotate --yes --json'],
  })
    .option('--yes', 'do not ask')
    .action(async ({ json, yes }: ChangeOptions) => {
      const { tools, actor, print } = await startRun(context);
      await confirm(context, yes, 'The next keys begin to sign at once, and this cannot be turned back.');
      await tools.keys.rotate(actor);
      const current = (await tools.keys.list()).filter(({ state }) => state === 'current');
      if (json) print.json({ current: current.map(keyJson) });
      else print.line(`Rotated. Now signing: ${current.map(({ alg, kid }) => `${alg} ${kid}`).join(', ')}.`);
      print.note('Every node signs with the new keys within 5 seconds.');
    });
}

function addRevoke(keys: Command, context: AdminContext): void {
  addLeaf(keys, 'revoke <kid>', {
    summary: 'withdraw a key that has leaked: it is erased, and what it signed stops verifying',
    examples: ['keys revoke 3kYHd0Yb9oVDh4Fz1cXwTGp8aQe5sN2mLr7uJiKxB6M'],
  })
    .option('--yes', 'do not ask')
    .action(async (kid: string, { json, yes }: ChangeOptions) => {
      const { tools, actor, print } = await startRun(context);
      const unknown = new Failure('notFound', 'No key of this kid is in use; keys list shows them.');
      const key = (await tools.keys.list()).find((candidate) => candidate.kid === kid);
      if (!key || key.state === 'revoked') throw unknown;
      await confirm(
        context,
        yes,
        `The ${key.state} ${key.alg} key is erased; everything it signed becomes invalid.`,
      );
      if (!(await tools.keys.revoke(kid, actor))) throw unknown;
      if (json) print.json({ kid, state: 'revoked' });
      else print.line(`Revoked ${kid}.`);
    });
}
