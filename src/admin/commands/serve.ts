import { Failure } from '../admin';
import { PROGRAM, type AddCommands } from '../command';

/** `serve`: the server itself, the same as `node dist/src/main.js`. */
export const addServe: AddCommands = (program, context) => {
  program
    .command('serve')
    .description('run the server until SIGTERM; it runs missing migrations first')
    .addHelpText('before', `Example:\n  ISSUER=https://id.example.com ${PROGRAM} serve\n`)
    .action(async () => {
      if (!context.serve)
        throw new Failure('failed', 'A server does not start another one; run serve by itself.');
      await context.serve();
    });
};
