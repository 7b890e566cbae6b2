/**
 * `npm start`: the product as an engineer tries it on a laptop. Beside the server it brings a demo relying party,
 * a demo account and a page that shows what was mailed. Nothing of this folder is compiled into production.
 */
import { createApp } from '../app';
import { ConfigError, loadConfig } from '../config';
import { openFoundation, SERVING } from '../foundation';
import { createServing, stopOnSignals } from '../node/server';
import { DataFolderBusy } from '../storage/embedded-lock';
import { CONTACT_EMAIL, DEMO_EMAIL, prepareDemo, type Demo } from './demo';
import { DEMO_COMPANIES } from './demo-companies';
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
  process.stdout.write(banner(config.issuer, demo));
}

function banner(issuer: string, { url, passwords, contact }: Demo): string {
  const password = (email: string): string =>
    passwords.get(email) ??
    `(printed at the first start; set another: npm run -s admin -- accounts recover ${email})`;
  const companies = DEMO_COMPANIES.map(
    ({ inn, kpp, name }) => `                 ${[inn, kpp].join(' ').padEnd(21)} ${name}`,
  );
  return [
    '',
    '  port.one ID is ready',
    '',
    `  Demo cabinet   ${url}`,
    `  E-mail         ${DEMO_EMAIL}`,
    `  Password       ${password(DEMO_EMAIL)}`,
    `  Sent messages  ${issuer}/dev/outbox`,
    `  All messages   ${issuer}/dev/messages`,
    `  Registration   ${issuer}/register`,
    ...(contact ? ['  with one of    (ИНН, КПП, fictional)', ...companies] : []),
    ...(contact
      ? [
          `  Approvals      ${issuer}/approvals, for the contact person of the first company:`,
          `  E-mail         ${CONTACT_EMAIL}`,
          `  Password       ${password(CONTACT_EMAIL)}`,
        ]
      : []),
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
