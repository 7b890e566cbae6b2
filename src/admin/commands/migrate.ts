import { recordEvent } from '../../audit/store';
import { listMigrations, migrate } from '../../storage/migrate';
import { addLeaf, startRun, type AddCommands } from '../command';

/** `migrate`: brings the database to the version of this release. */
export const addMigrate: AddCommands = (program, context) => {
  addLeaf(program, 'migrate', {
    summary: 'run the migrations that are missing and say which ran; the server does the same when it starts',
    examples: ['migrate'],
  }).action(async ({ json }: { json?: true }) => {
    const { tools, actor, print } = await startRun(context, { anySchema: true });
    const applied = await migrate(tools.db);
    if (applied.length > 0) {
      const at = tools.clock.now();
      await recordEvent(tools.db, { event: 'schema_migrated', actor, details: { applied } }, at);
    }
    if (json) {
      print.json({ applied, migrations: (await listMigrations(tools.db)).map(({ name }) => name) });
      return;
    }
    for (const name of applied) print.line(`ran ${name}`);
    if (applied.length === 0) print.line('Nothing to run: the database is at the version of this release.');
  });
};
