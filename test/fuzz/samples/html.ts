/** What a page offers to press: its links, pictures and forms, filled in as somebody would. */
import { FIXED_ANSWER } from '../../../src/captcha/providers/fixed';
import { sample, type Pair, type Sample } from './sample';

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#34': '"', '#39': "'" };
const decode = (text: string): string =>
  text.replace(/&(#?\w+);/g, (all, name: string) => ENTITIES[name] ?? all);

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : decode(found);
};

/** Own addresses that the page links or loads, with their queries. */
export function linksOf(html: string): string[] {
  const found = [...html.matchAll(/<(?:a|img|audio|source|script|link)\s[^>]*?(?:href|src)="([^"]*)"/g)];
  return found.map(([, address = '']) => decode(address)).filter((address) => /^\/(?!\/)/.test(address));
}

/** What people write into fields that stand empty. */
const VALUES: Record<string, string> = {
  captcha: FIXED_ANSWER,
  code: '123456',
  email: 'somebody@example.com',
  phone: '8 909 000-11-22',
  inn: '7800999994',
  kpp: '780001001',
  family_name: 'Вымышленная',
  given_name: 'Анна',
  middle_name: 'Ивановна',
  company_name: 'ООО "Пример"',
  password: 'паром ушёл в 7:40',
  password_repeated: 'паром ушёл в 7:40',
  name: 'somebody@example.com',
  identifier: 'somebody@example.com',
  reason: 'Недостоверные данные',
  user_code: 'BCDF-GHJK',
};

/** The forms of a page; one a button, since buttons say different things. */
export function formsOf(html: string, path: string, headers: readonly Pair[]): Sample[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].flatMap(([, head = '', inside = '']) => {
    const fields = [...inputsOf(inside)];
    const buttons = [...inside.matchAll(/<button\b[^>]*>/g)].map(([tag]) => tag);
    const method = (attribute(head, 'method') ?? 'get').toUpperCase();
    const action = attribute(head, 'action') ?? path;
    return (buttons.length > 0 ? buttons : ['']).map((button) => {
      const name = attribute(button, 'name');
      const said: Pair[] = name === undefined ? [] : [[name, attribute(button, 'value') ?? '']];
      const [target = '', query = ''] = (attribute(button, 'formaction') ?? action).split('?');
      const all = [...fields, ...said];
      const asked = [...new URLSearchParams(query)] as Pair[];
      return method === 'GET'
        ? sample({ method, path: target, query: [...asked, ...all], headers })
        : sample({
            ...{ method, path: target, query: asked, fields: all, headers },
            multipart: attribute(head, 'enctype') === 'multipart/form-data',
          });
    });
  });
}

function* inputsOf(html: string): Generator<Pair> {
  for (const [tag, element = ''] of html.matchAll(/<(input|select|textarea)\b[^>]*>/g)) {
    const name = attribute(tag, 'name');
    if (name === undefined || attribute(tag, 'type') === 'file') continue;
    const given = attribute(tag, 'value') ?? '';
    const type = attribute(tag, 'type');
    if (element === 'input' && type === 'radio' && !/\schecked/.test(tag)) continue;
    yield [name, given === '' ? (VALUES[name] ?? 'x') : given];
  }
}
