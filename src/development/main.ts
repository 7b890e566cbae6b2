/**
 * `npm start`: the product as an engineer tries it on a laptop. Beside the server it brings a demo relying party,
 * a demo account and a page that shows what was mailed. Nothing of this folder is compiled into production.
 */
import { createApp } from '../app';
import { ConfigError, loadConfig } from '../config';
import { openFoundation, SERVING } from '../foundation';
import { createServing, stopOnSignals } from '../server';
import { DataFolderBusy } from '../storage/embedded-lock';
import { DEMO_EMAIL, prepareDemo } from './demo';
import { addDevelopmentRoutes } from './routes';

async function main(): Promise<void> {
  const config = loadConfig();
  if (config.environment === 'production') {
    throw new ConfigError([
      'NODE_ENV=production is served by `npm run build` and `node dist/src/main.js`; `npm start` is for development.',
    ]);
  }
  const app = await createApp(await openFoundation(config, SERVING), { extraRoutes: addDevelopmentRoutes });
  const demo = await prepareDemo(app);
  const serving = createServing(app);
  stopOnSignals(app, async () => {
    await demo.stop();
    await serving.stop();
  });
  await serving.listen();
  await demo.start();
  process.stdout.write(banner(config.issuer, demo.url, demo.password));
}

function banner(issuer: string, cabinet: string, password: string | undefined): string {
  const secret =
    password ??
    '(printed at the first start; set another: npm run -s admin -- accounts send-link ' + DEMO_EMAIL + ')';
  return [
    '',
    '  port.one ID is ready',
    '',
    `  Demo cabinet   ${cabinet}`,
    `  E-mail         ${DEMO_EMAIL}`,
    `  Password       ${secret}`,
    `  Sent mails     ${issuer}/dev/outbox`,
    `  Provider       ${issuer}/.well-known/openid-configuration`,
    '',
    '',
  ].join('\n');
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof DataFolderBusy;
  process.stderr.write(`${expected ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
});
