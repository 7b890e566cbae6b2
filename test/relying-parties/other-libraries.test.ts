/**
 * Relying parties that other people wrote: mod_auth_openidc in a real Apache, with the configuration that
 * docs/relying-parties.md shows, and Authlib in examples/authlib/app.py. A person signs in, the application sees who
 * it is, refreshes and signs out; a sign-out elsewhere ends the session in Apache, too.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endSessions } from '../../src/accounts/store';
import { createAgent, type Agent, type Answer } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { apacheModule, APACHE, SYSTEM_PYTHON } from '../support/bench/programs';
import { startProcess, tail, temporaryFolder, until, type RunningProcess } from '../support/processes';
import { hiddenFields, submitSignIn } from '../support/relying-party';
import { freePort } from '../support/ports';

const ROOT = join(__dirname, '../..');

interface Page extends Answer {
  url: URL;
}

/** One browser over several hosts: a jar of cookies each, redirects followed to the end. */
class Browser {
  private readonly agents = new Map<string, Agent>();

  at({ origin }: URL): Agent {
    const agent = this.agents.get(origin) ?? createAgent(origin);
    this.agents.set(origin, agent);
    return agent;
  }

  async open(address: string): Promise<Page> {
    const url = new URL(address);
    return this.follow(url, await this.at(url).get(url.pathname + url.search));
  }

  async follow(from: URL, answer: Answer): Promise<Page> {
    let page: Page = { ...answer, url: from };
    for (let hop = 0; hop < 12 && page.location !== undefined; hop += 1) {
      const url = new URL(page.location);
      page = { ...(await this.at(url).get(url.pathname + url.search)), url };
    }
    return page;
  }

  /** Opens an address of the relying party, signs in on the way, and gives the page it ends at. */
  async signIn(address: string, person: TestPerson): Promise<Page> {
    const page = await this.open(address);
    const form = { ...page, path: page.url.pathname };
    return this.follow(page.url, await submitSignIn(this.at(page.url), form, person));
  }

  /** Answers the question of our sign-out page. */
  async confirmSignOut(page: Page): Promise<Page> {
    const form = { ...hiddenFields(page.body), logout: 'yes' };
    return this.follow(page.url, await this.at(page.url).post('/session/end/confirm', form));
  }
}

// Each sign-in goes through three programs.
jest.setTimeout(60_000);

describe('relying parties on other libraries', () => {
  const folder = temporaryFolder();
  const running: RunningProcess[] = [];
  let product: TestProduct;
  let person: TestPerson;
  let browser: Browser;

  beforeAll(async () => {
    product = await startProduct('postgres');
    person = await addPerson(product.app);
  });
  afterAll(async () => {
    await Promise.all(running.map((process) => process.stop()));
    await product.close();
    folder.remove();
  });
  beforeEach(() => {
    browser = new Browser();
  });

  const start = async (name: string, command: string[], address: string) => {
    const log = join(folder.path, `${name}.log`);
    running.push(startProcess(command, log));
    const answers = () => fetch(address, { redirect: 'manual' }).then(Boolean, () => false);
    await until(`${name} answers`, answers, 15).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${tail(log)}`);
    });
  };

  describe('mod_auth_openidc', () => {
    let origin: string;
    /** What the application behind Apache is told, by the name of the variable. */
    const told = (page: Page): Record<string, string> => {
      const lines = [...page.body.matchAll(/^(\w+)=(.*)$/gm)];
      return Object.fromEntries(lines.map((line): [string, string] => [line[1] ?? '', line[2] ?? '']));
    };

    beforeAll(async () => {
      origin = `http://localhost:${await freePort()}`;
      const client = await addClient(product.app, {
        redirect_uris: [`${origin}/signed-in`],
        post_logout_redirect_uris: [`${origin}/signed-out.html`],
        backchannel_logout_uri: `${origin}/signed-in?logout=backchannel`,
        backchannel_logout_session_required: true,
      });
      const documented = /```apache\n([\s\S]*?)```/.exec(
        readFileSync(join(ROOT, 'docs/relying-parties.md'), 'utf8'),
      )?.[1];
      if (documented === undefined) throw new Error('the documentation shows no configuration');
      const configuration = documented
        .replaceAll('https://id.example.com', product.issuer)
        .replaceAll('https://app.example.com', origin)
        .replace('OIDCClientID site', `OIDCClientID ${client.id}`)
        .replace('the secret that clients create printed', client.secret ?? '');
      await startApache(origin, configuration);
    });

    /** Pages by server-side includes stand for the application. */
    async function startApache(at: string, configuration: string): Promise<void> {
      const pages = join(folder.path, 'pages');
      chmodSync(folder.path, 0o711);
      mkdirSync(pages);
      const variables = ['sub', 'name', 'email'].map((claim) => `OIDC_CLAIM_${claim}`);
      const lines = [...variables, 'OIDC_access_token', 'REMOTE_USER'].map(
        (name) => `${name}=<!--#echo encoding="none" var="${name}" -->\n`,
      );
      writeFileSync(join(pages, 'index.html'), lines.join(''));
      writeFileSync(join(pages, 'signed-out.html'), 'signed out\n');
      const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime'];
      const file = join(folder.path, 'apache.conf');
      writeFileSync(
        file,
        [
          ...[...modules, 'include', 'auth_openidc'].map(
            (name) => `LoadModule ${name}_module ${apacheModule(name)}`,
          ),
          `ServerRoot ${folder.path}`,
          'ServerName localhost',
          `Listen 127.0.0.1:${new URL(at).port}`,
          'PidFile apache.pid',
          'KeepAlive Off',
          `Mutex file:${folder.path} default`,
          'ErrorLog /dev/stderr',
          'LogLevel warn',
          // Those who serve never are root.
          ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
          'TypesConfig /dev/null',
          'AddType text/html .html',
          `DocumentRoot ${pages}`,
          'DirectoryIndex index.html',
          `<Directory ${pages}>`,
          'Options +Includes',
          'SetOutputFilter INCLUDES',
          '</Directory>',
          configuration,
        ].join('\n'),
      );
      await start('apache', [APACHE, '-f', file, '-X'], `${at}/signed-out.html`);
    }

    it('signs a person in, knows who it is, refreshes and signs out', async () => {
      const first = await browser.signIn(`${origin}/`, person);
      expect([first.url.href, first.status]).toEqual([`${origin}/`, 200]);
      const facts = told(first);
      expect(facts).toMatchObject({
        OIDC_CLAIM_sub: person.id,
        REMOTE_USER: expect.stringContaining(person.id) as string,
        OIDC_CLAIM_email: person.email,
        OIDC_CLAIM_name: 'Вымышленный Иван Иванович',
      });

      const token = facts['OIDC_access_token'] ?? '';
      const refresh = new URLSearchParams({ refresh: `${origin}/`, access_token: token });
      const later = await browser.open(`${origin}/signed-in?${refresh.toString()}`);
      expect([later.url.href, told(later)['OIDC_CLAIM_sub']]).toEqual([`${origin}/`, person.id]);
      expect(told(later)['OIDC_access_token']).toMatch(/^[\w-]{20,}$/);
      expect(told(later)['OIDC_access_token']).not.toBe(token);

      const after = encodeURIComponent(`${origin}/signed-out.html`);
      const asked = await browser.open(`${origin}/signed-in?logout=${after}`);
      expect(asked.url.origin).toBe(product.issuer);
      const out = await browser.confirmSignOut(asked);
      expect([out.url.pathname, out.body]).toEqual(['/signed-out.html', 'signed out\n']);
      const again = await browser.open(`${origin}/`);
      expect(again.url.pathname).toMatch(/^\/interaction\//);
    });

    it('ends its session when the sign-in is ended elsewhere', async () => {
      await browser.signIn(`${origin}/`, person);
      const { db, clock } = product.app;
      await db.transaction().execute((trx) => endSessions(trx, person.id, clock.now()));
      const isOut = async () => {
        const { status } = await browser.at(new URL(origin)).get('/');
        return status !== 200;
      };
      await until('the logout token has come', isOut, 5);
      expect((await browser.open(`${origin}/`)).url.pathname).toMatch(/^\/interaction\//);
    });
  });

  describe('Authlib', () => {
    let origin: string;

    beforeAll(async () => {
      origin = `http://localhost:${await freePort()}`;
      const client = await addClient(product.app, {
        redirect_uris: [`${origin}/signed-in`],
        post_logout_redirect_uris: [`${origin}/`],
      });
      const settings = {
        ISSUER: product.issuer,
        CLIENT_ID: client.id,
        CLIENT_SECRET: client.secret ?? '',
        ORIGIN: origin,
      };
      const assignments = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
      const program = [SYSTEM_PYTHON, join(ROOT, 'examples/authlib/app.py')];
      await start('authlib', ['env', ...assignments, ...program], `${origin}/`);
    });

    const read = ({ body }: Answer) => JSON.parse(body) as Record<string, Record<string, unknown> | boolean>;

    it('signs a person in, knows who it is, refreshes and signs out', async () => {
      expect(read(await browser.open(`${origin}/`))).toEqual({ claims: null });
      const first = await browser.signIn(`${origin}/sign-in`, person);
      const who = { sub: person.id, email: person.email, name: 'Вымышленный Иван Иванович' };
      expect(first.url.href).toBe(`${origin}/`);
      expect(read(first)['claims']).toMatchObject(who);

      for (let turn = 0; turn < 2; turn += 1) {
        const refreshed = await browser.open(`${origin}/refresh`);
        expect(read(refreshed)).toMatchObject({ rotated: true, userinfo: who });
      }

      const asked = await browser.open(`${origin}/sign-out`);
      expect(asked.url.origin).toBe(product.issuer);
      const out = await browser.confirmSignOut(asked);
      expect([out.url.href, read(out)]).toEqual([`${origin}/`, { claims: null }]);
      const again = await browser.open(`${origin}/sign-in`);
      expect(again.url.pathname).toMatch(/^\/interaction\//);
    });

    it('refuses an answer that belongs to another sign-in', async () => {
      await browser.open(`${origin}/sign-in`);
      const forged = await browser
        .at(new URL(origin))
        .get('/signed-in?code=x&state=forged')
        .catch(() => undefined);
      expect(forged?.status).not.toBe(303);
      expect(read(await browser.open(`${origin}/`))).toEqual({ claims: null });
    });
  });
});
