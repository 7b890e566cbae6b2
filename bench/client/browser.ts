/** A browser without JavaScript, as far as a bench needs one: cookies, forms, one sign-in. */
import { requestText, type Answer, type Connection } from './connection';
import { hostOf, type Target } from './target';

interface Cookie {
  name: string;
  value: string;
  path: string;
}

export type CookieJar = Map<string, Cookie>;

/** Keeps the cookies of an answer (RFC 6265 §5.3, as far as one host needs it). */
export function keepCookies(jar: CookieJar, { head }: Answer): void {
  for (const [, line = ''] of head.matchAll(/\r\nset-cookie: ([^\r]*)/gi)) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /; *path=([^;]*)/i.exec(line)?.[1] ?? '/';
    if (value === '') jar.delete(`${path} ${name}`);
    else jar.set(`${path} ${name}`, { name, value, path });
  }
}

/** Headers of a browser's request for a page. */
export function pageHeaders(jar: CookieJar, path: string): Record<string, string> {
  const sent = [...jar.values()].filter((cookie) => path.startsWith(cookie.path));
  const cookie = sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  return { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) };
}

export function locationOf({ status, head, body }: Answer): string {
  const location = /\r\nlocation: ([^\r]*)/i.exec(head)?.[1];
  if (location === undefined) throw new Error(`no redirect but ${status}: ${body.slice(0, 300)}`);
  return location;
}

/** @throws Error with the beginning of the answer unless its status is `status`. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer;
  throw new Error(`expected ${status}, got ${answer.status}: ${answer.body.slice(0, 300)}`);
}

/** Fills in the sign-in page that `path` leads to; gives the address at the relying party it ends at. */
export async function signIn(
  connection: Connection,
  target: Target,
  jar: CookieJar,
  path: string,
): Promise<URL> {
  const host = hostOf(target);
  const go = async (method: 'GET' | 'POST', to: string, form?: Record<string, string>): Promise<Answer> => {
    const answer = await connection.send(requestText(host, method, to, pageHeaders(jar, to), form));
    keepCookies(jar, answer);
    return answer;
  };
  const own = (answer: Answer): URL => new URL(locationOf(answer), target.issuer);
  const page = expectStatus(await go('GET', own(await go('GET', path)).pathname), 200);
  const action = /<form[^>]* action="([^"]+\/sign-in)"/.exec(page.body)?.[1];
  if (action === undefined) throw new Error(`no sign-in form: ${page.body.slice(0, 300)}`);
  let next = own(
    await go('POST', action, { ...hiddenFields(page.body), ...target.person, captcha: '00000' }),
  );
  while (next.origin === target.issuer) next = own(await go('GET', next.pathname + next.search));
  return next;
}

function hiddenFields(html: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [tag] of html.matchAll(/<input type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined) fields[name] = /value="([^"]*)"/.exec(tag)?.[1] ?? '';
  }
  return fields;
}
