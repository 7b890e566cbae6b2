import { checkSubjects } from '../clients/check-subjects';
import { requireKnownPaths } from '../clients/known-paths';
import { addLeaf, nounOf, startRun, type AddCommands } from '../command';
import { importClients, planImport, readImport, type Imported } from '../import-clients';

interface ImportOptions {
  json?: true;
  replace?: true;
  dryRun?: true;
}

const MAX_FILE = 1024 * 1024;

/** `clients import`: relying parties from a file, all or none. */
export const addClientsImport: AddCommands = (program, context) => {
  addLeaf(nounOf(program, 'clients'), 'import <file>', {
    summary: 'register every relying party of a JSON file, or none of them',
    examples: [
      'clients import config/clients.example.json --dry-run',
      'clients import clients.json --replace --json',
    ],
  })
    .option(
      '--replace',
      'overwrite those that stand already; they keep their secrets unless the file has one',
    )
    .option('--dry-run', 'check everything and say what would happen')
    .action(async (file: string, { json, replace, dryRun }: ImportOptions) => {
      const { tools, actor, print } = await startRun(context);
      const entries = readImport((await context.io.readFile(file, MAX_FILE)).toString('utf8'));
      for (const { input } of entries) requireKnownPaths(tools, input.registration_paths);
      for (const { input } of entries) await checkSubjects(tools.config, input);
      const done: Imported[] = dryRun
        ? (await planImport(tools.db, entries, replace === true)).map(({ entry, standing }) => ({
            id: entry.input.client_id,
            action: standing ? 'replace' : 'create',
            secret: undefined,
          }))
        : await importClients(tools, entries, { replace: replace === true, actor });
      if (json) print.json({ dry_run: dryRun === true, items: done.map(importedJson) });
      else {
        print.table(done, [
          { title: 'ID', cell: ({ id }) => id },
          { title: 'ACTION', cell: ({ action }) => action },
          { title: 'SECRET', cell: ({ secret }) => secret ?? '–' },
        ]);
      }
      print.note(dryRun ? 'Nothing was stored (dry run).' : `Relying parties stored: ${done.length}.`);
      if (done.some(({ secret }) => secret !== undefined)) print.note('Secrets are shown only now.');
    });
};

const importedJson = ({ id, action, secret }: Imported) => ({
  client_id: id,
  action,
  ...(secret === undefined ? {} : { client_secret: secret }),
});
