/** K1–K3: a person tells the login of the older portal; the old password or a reviewer confirms it; it is a claim. */
import { decodeJwt } from 'jose';
import { findAccountByIdentifier } from '../../src/accounts/store';
import { confirmLegacyLinks } from '../../src/legacy-accounts/link';
import { listEvents } from '../../src/audit/store';
import { listLegacyLinks, upsertLegacyLogins } from '../../src/legacy-accounts/store';
import { createAgent } from '../support/agent';
import { addClient, startProduct, type TestClient, type TestProduct } from '../support/app';
import { ALL_SCOPES, authorizationRequest, redeemCode, signIn } from '../support/relying-party';
import {
  dataOf,
  mailedLink,
  NEW_PASSWORD,
  newRegistrant,
  pressLink,
  ROOMY,
  startWizard,
} from '../registration/wizard';

const LABEL = 'Логин Web-портала ЗАО &#34;КТСП&#34;';
const OLD_PASSWORD = 'U*U';
const OLD_HASH = 'md5$salt7$ba4144723f643427a58b5a82bc0d8ade';

describe('the login of the older portal', () => {
  let product: TestProduct;
  let client: TestClient;
  beforeAll(async () => {
    product = await startProduct('embedded', { env: { ...ROOMY, LEGACY_CHECK: 'import' } });
    // People who still wait get in, so that nobody has to approve them here.
    client = await addClient(product.app, { admits: 'waiting' });
    const logins = ['ivanov', 'petrov', 'guessed'].map((login) => ({ login, hash: OLD_HASH }));
    await upsertLegacyLogins(product.app.db, 'ktsp', logins, product.app.clock.now());
  });
  afterAll(() => product.close());

  const begin = async () => {
    const person = newRegistrant();
    const agent = createAgent(product.issuer);
    const wizard = startWizard(product.app, product.issuer, agent);
    const page = await wizard.send('data', dataOf(person));
    const words = {
      code: await wizard.code(person),
      password: NEW_PASSWORD,
      password_repeated: NEW_PASSWORD,
    };
    const prove = async () => {
      await pressLink(agent, product.issuer, await mailedLink(product.app, product.issuer, person.email));
      const account = await findAccountByIdentifier(product.app.db, person.email);
      return account?.id ?? '';
    };
    return { person, wizard, page, words, prove };
  };
  const linksOf = async (accountId: string) =>
    (await listLegacyLinks(product.app.db, accountId)).map(({ login, status, confirmedBy }) => ({
      login,
      status,
      confirmedBy,
    }));
  const claimOf = async (email: string, scope: string) => {
    const agent = createAgent(product.issuer);
    const request = authorizationRequest(client, { scope });
    const person = { id: '', email, password: NEW_PASSWORD };
    const back = await signIn(agent, product.issuer, request, person);
    const { json } = await redeemCode(agent, client, request, back.searchParams.get('code') ?? '');
    const headers = { authorization: `Bearer ${String(json.access_token)}` };
    const userinfo = JSON.parse((await agent.get('/userinfo', { headers })).body) as Record<string, unknown>;
    return [decodeJwt(String(json.id_token)).legacy_accounts, userinfo.legacy_accounts];
  };

  it('told without its password waits for a reviewer, and is a claim once confirmed', async () => {
    const { person, wizard, page, words, prove } = await begin();
    expect(page.body).toContain(LABEL);
    const empty = await wizard.send('password', { ...words, legacy: 'yes', legacy_login: '' });
    expect(empty.body).toContain('Введите логин Web-портала');
    expect(empty.body).toMatch(/name="legacy" type="checkbox" value="yes" checked/);
    const sent = await wizard.send('password', { ...words, legacy: 'yes', legacy_login: ' Sidorov ' });
    expect(sent.body).toContain('3 / 3 Подтверждение доступа');
    const accountId = await prove();
    expect(await linksOf(accountId)).toEqual([{ login: 'Sidorov', status: 'requested', confirmedBy: null }]);
    const scope = `${ALL_SCOPES} legacy_accounts`;
    expect(await claimOf(person.email, scope)).toEqual([[], []]);

    const { db, clock } = product.app;
    await db.transaction().execute((trx) => confirmLegacyLinks(trx, accountId, 'operator:test', clock.now()));
    const claim = [{ portal: 'ktsp', login: 'Sidorov' }];
    expect(await claimOf(person.email, scope)).toEqual([claim, claim]);
    expect(await claimOf(person.email, ALL_SCOPES)).toEqual([undefined, undefined]);
  });

  it('is confirmed by the old password, which a wrong one does not do', async () => {
    const { wizard, words, prove } = await begin();
    const told = { ...words, legacy: 'yes', legacy_login: 'IVANOV' };
    const wrong = await wizard.send('password', { ...told, legacy_password: 'U*u' });
    expect(wrong.body).toContain('Логин и пароль Web-портала не подошли');
    expect(wrong.body).toContain('value="IVANOV"');
    expect(wrong.body).not.toContain('U*u');
    await wizard.send('password', { ...told, legacy_password: OLD_PASSWORD });
    expect(await linksOf(await prove())).toEqual([
      { login: 'IVANOV', status: 'confirmed', confirmedBy: 'password' },
    ]);
  });

  it('of a second person with the same password waits; without the tick nothing is told', async () => {
    const [first, second, third] = [await begin(), await begin(), await begin()];
    for (const { wizard, words } of [first, second]) {
      const told = { legacy: 'yes', legacy_login: 'petrov', legacy_password: OLD_PASSWORD };
      await wizard.send('password', { ...words, ...told });
    }
    await third.wizard.send('password', {
      ...third.words,
      legacy_login: 'petrov',
      legacy_password: OLD_PASSWORD,
    });
    const statuses = [];
    for (const { prove } of [first, second, third])
      statuses.push((await linksOf(await prove())).map(({ status }) => status));
    expect(statuses).toEqual([['confirmed'], ['requested'], []]);
  });

  it('cannot be guessed at: five tries in a registration', async () => {
    const { wizard, words } = await begin();
    const told = { ...words, legacy: 'yes', legacy_login: 'guessed' };
    const bodies: string[] = [];
    for (let guess = 0; guess < 6; guess += 1)
      bodies.push((await wizard.send('password', { ...told, legacy_password: `guess ${guess}` })).body);
    expect(bodies.filter((body) => body.includes('не подошли'))).toHaveLength(5);
    expect(bodies[5]).toContain('Слишком много попыток');
    const late = await wizard.send('password', { ...told, legacy_password: OLD_PASSWORD });
    expect(late.body).toContain('Слишком много попыток');
    const events = (await listEvents(product.app.db, { limit: 500 })).filter(
      ({ event, details }) => event.startsWith('legacy_check_') && details.login === 'guessed',
    );
    expect(events.map(({ event }) => event).sort()).toEqual([
      ...Array<string>(5).fill('legacy_check_failed'),
      'legacy_check_limited',
    ]);
    expect(JSON.stringify(events)).not.toContain('guess 0');
    const onward = await wizard.send('password', told);
    expect(onward.body).toContain('3 / 3 Подтверждение доступа');
  });
});
