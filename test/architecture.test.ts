import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { architectureFaults, type Sources } from './architecture-rules';

const root = join(__dirname, '..');

function readSources(): Sources {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => [relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8')]),
  );
}

const faultsOf = (files: Record<string, string>): string[] =>
  architectureFaults(new Map(Object.entries(files)));

test('src/ keeps the rules of the house', () => {
  const sources = readSources();
  expect(sources.size).toBeGreaterThan(20);
  expect(architectureFaults(sources)).toEqual([]);
});

describe('a broken rule is found', () => {
  const account = { 'src/accounts/account.ts': 'export interface Account {}' };

  test.each<[rule: string, fault: RegExp, files: Record<string, string>]>([
    [
      'a record imports a flow',
      /^src\/accounts\/store\.ts \(record\) imports src\/sign-in\/sign-in\.ts \(flow\)$/,
      { 'src/accounts/store.ts': "import { a } from '../sign-in/sign-in';", 'src/sign-in/sign-in.ts': '' },
    ],
    [
      'the floor imports a record, over several lines and for a type',
      /storage\/a\.ts \(floor\) imports src\/accounts\/account\.ts \(record\)/,
      { ...account, 'src/storage/a.ts': "import type {\n  Account,\n} from '../accounts/account';" },
    ],
    [
      'a file of the floor at the top imports a record',
      /src\/clock\.ts \(floor\) imports/,
      { ...account, 'src/clock.ts': "const a = require('./accounts/account');" },
    ],
    [
      'a supporting record imports a record',
      /audit\/audit\.ts \(supporting record\) imports src\/accounts\/account\.ts/,
      { ...account, 'src/audit/audit.ts': "export type { Account } from '../accounts/account';" },
    ],
    [
      'a flow imports another flow',
      /^src\/sign-in\/routes\.ts imports another flow: src\/provider\/interaction\.ts$/,
      { 'src/sign-in/routes.ts': "import '../provider/interaction';", 'src/provider/interaction.ts': '' },
    ],
    [
      'a flow imports an entry',
      /\(flow\) imports src\/app\.ts \(entry\)/,
      { 'src/sign-in/a.ts': "import { app } from '../app';", 'src/app.ts': '' },
    ],
    [
      'a command of the CLI imports the keys',
      /admin\/commands\/keys\.ts imports another flow/,
      {
        'src/admin/commands/keys.ts': "import { rotate } from '../../provider/keys';",
        'src/provider/keys.ts': '',
      },
    ],
    [
      'production code imports development',
      /\(flow\) imports src\/development\/outbox\.ts \(development\)/,
      { 'src/sign-in/a.ts': "void import('../development/outbox');", 'src/development/outbox.ts': '' },
    ],
    [
      'a record imports http',
      /clients\/client\.ts is a record and imports src\/http\/forms\.ts/,
      { 'src/clients/client.ts': "import { readForm } from '../http/forms';", 'src/http/forms.ts': '' },
    ],
    [
      'a record imports Koa',
      /imports koa, which belongs/,
      { 'src/clients/client.ts': "import type Koa from 'koa';" },
    ],
    [
      'a flow imports Koa outside routes.ts',
      /sign-in\/sign-in\.ts imports @koa\/bodyparser/,
      { 'src/sign-in/sign-in.ts': "import { bodyParser } from '@koa/bodyparser';" },
    ],
    [
      'oidc-provider outside provider/',
      /imports oidc-provider, which belongs to src\/provider\//,
      { 'src/app.ts': "import Provider from 'oidc-provider';" },
    ],
    [
      'jose outside provider/',
      /imports jose/,
      { 'src/clients/keys.ts': "import { importJWK } from 'jose';" },
    ],
    ['pg outside storage/', /imports pg/, { 'src/audit/store.ts': "import { Pool } from 'pg';" }],
    [
      'a subpath of a package',
      /imports @electric-sql\/pglite/,
      { 'src/app.ts': "import { x } from '@electric-sql/pglite/node-postgres';" },
    ],
    [
      'argon2 beside passwords.ts',
      /imports @node-rs\/argon2/,
      { 'src/accounts/store.ts': "import { hash } from '@node-rs/argon2';" },
    ],
    [
      'nodemailer beside email.ts',
      /imports nodemailer/,
      { 'src/notifications/deliver.ts': "import { createTransport } from 'nodemailer';" },
    ],
    ['openid-client in a flow', /imports openid-client/, { 'src/sign-in/a.ts': "import 'openid-client';" }],
    [
      'a plug imports its sibling',
      /methods\/code\.ts is a plug and imports its sibling/,
      {
        'src/sign-in/methods/code.ts': "import { p } from './password';",
        'src/sign-in/methods/password.ts': '',
      },
    ],
    [
      'a cycle of types',
      /^cycle: src\/audit\/a\.ts → src\/audit\/b\.ts → src\/audit\/a\.ts$/,
      {
        'src/audit/a.ts': "import type { B } from './b';",
        'src/audit/b.ts': "import type { A } from './a';",
      },
    ],
    [
      'a default export',
      /a\.ts has a default export/,
      { 'src/audit/a.ts': 'export default function a() {}' },
    ],
    [
      'a barrel',
      /index\.ts is a barrel/,
      { 'src/audit/index.ts': "export * from './audit';", 'src/audit/audit.ts': '' },
    ],
    ['process.env', /a\.ts reads process\.env/, { 'src/audit/a.ts': 'const a = process.env.A;' }],
    ['a long file', /a\.ts has 301 lines/, { 'src/audit/a.ts': 'const a = 1;\n'.repeat(301) }],
    ['a folder of no layer', /stands in a folder without a layer/, { 'src/things/a.ts': '' }],
    ['a nameless folder', /is called utils/, { 'src/http/utils/a.ts': '' }],
    [
      'a crowded folder',
      /src\/audit\/ holds 13 files/,
      Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`src/audit/a${n}.ts`, ''])),
    ],
  ])('%s', (_rule, fault, files) => {
    expect(faultsOf(files)).toEqual([expect.stringMatching(fault)]);
  });

  test('what the house allows is not', () => {
    expect(
      faultsOf({
        ...account,
        'src/main.ts': "import { createApp } from './app';\nvoid import('./development/outbox');",
        'src/app.ts':
          "import Koa from 'koa';\nimport { a } from './sign-in/routes';\nimport { p } from './provider/provider';",
        'src/admin/main.ts': "import { rotate } from '../provider/keys';",
        'src/provider/keys.ts': "import { SignJWT } from 'jose';",
        'src/provider/provider.ts': "import Provider from 'oidc-provider';\nimport Koa from 'koa';",
        'src/sign-in/routes.ts':
          "import Router from 'koa-router';\nimport type { Account } from '../accounts/account';",
        'src/sign-in/methods/index.ts': "export * from './password';",
        'src/sign-in/methods/password.ts': "// import { x } from '../../provider/keys';\n/* process.env */",
        'src/development/outbox.ts':
          "import { createTransport } from 'nodemailer';\nimport { a } from '../app';",
        'src/config.ts': 'export const env = process.env;',
        'src/storage/postgres.ts': "import pg from 'pg';",
      }),
    ).toEqual([]);
  });
});
