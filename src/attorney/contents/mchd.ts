/**
 * A machine-readable power of attorney (МЧД) of the unified format 003, `urn://x-artefacts/EMCHD_1`: what it says of
 * who trusts whom with what. The ФНС format 5.x is for tax offices only and is told apart, so that nobody waits for
 * a document that cannot count here. Never expands entities: whatever has a DOCTYPE is refused unread.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';

/** Fit for jsonb; texts are cut, and the СНИЛС is masked. */
export interface MchdFacts {
  /** GUID of the registry of powers of attorney. */
  number: string;
  /** Days as YYYY-MM-DD. */
  issuedOn: string;
  validUntil: string;
  /** Given on by somebody who holds one himself (передоверие). */
  delegated: boolean;
  principal: { inn: string; kpp: string | null; ogrn: string | null; name: string };
  representatives: MchdPerson[];
  powers: { code: string | null; name: string }[];
}

export interface MchdPerson {
  familyName: string;
  givenName: string;
  middleName: string | null;
  inn: string | null;
  /** `•••-•••-••• 12`: enough to tell two people apart. */
  snils: string | null;
}

export type MchdFault = 'mchd_fns' | 'mchd_format' | 'mchd_unreadable';

const NAMESPACE = 'urn://x-artefacts/EMCHD_1';
const DEPTH = 40;
const ELEMENTS = 20_000;
const LONGEST = 300;
const MOST_PEOPLE = 20;
const MOST_POWERS = 200;

export const looksLikeXml = (bytes: Buffer): boolean =>
  /^(?:\u00ef\u00bb\u00bf)?\s*<[?!\w\u0080-\u00ff]/.test(bytes.toString('latin1', 0, 64));

/** What the document says, or why it says nothing to us. */
export function readMchd(bytes: Buffer): MchdFacts | MchdFault {
  const text = decode(bytes);
  if (text === undefined || /<!DOCTYPE|<!ENTITY/i.test(text)) return 'mchd_unreadable';
  const reading = new Reading();
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    reading.open(tag);
  });
  parser.on('text', (content) => {
    reading.text(content);
  });
  parser.on('closetag', () => {
    reading.close();
  });
  try {
    parser.write(text).close();
  } catch (error) {
    return error instanceof Foreign ? error.fault : 'mchd_unreadable';
  }
  return reading.facts() ?? 'mchd_format';
}

/** UTF-8 and windows-1251, by the declaration; undefined for others and for damaged text. */
function decode(bytes: Buffer): string | undefined {
  const declared = /^(?:\u00ef\u00bb\u00bf)?\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w-]+)["']/.exec(
    bytes.toString('latin1', 0, 200),
  )?.[1];
  const encoding = declared?.toLowerCase() ?? 'utf-8';
  if (!['utf-8', 'utf8', 'windows-1251'].includes(encoding)) return undefined;
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Another kind of document. */
class Foreign extends Error {
  constructor(readonly fault: MchdFault) {
    super(fault);
  }
}

/** One line of bounded length, and no half of a character, which jsonb would refuse. */
const cut = (text: string): string =>
  [
    ...text
      .slice(0, 2 * LONGEST)
      .replace(/\s+/g, ' ')
      .trim(),
  ]
    .slice(0, LONGEST)
    .join('')
    .replace(/\p{Cs}/gu, '');

type Attributes = (name: string) => string | null;

/** Gathers the facts element by element; no tree is built, so its size costs nothing. */
class Reading {
  private readonly path: string[] = [];
  private elements = 0;
  private document: Pick<MchdFacts, 'number' | 'issuedOn' | 'validUntil' | 'delegated'> | undefined;
  private principal: MchdFacts['principal'] | undefined;
  private readonly people: MchdPerson[] = [];
  private readonly powers: MchdFacts['powers'] = [];

  open(tag: SaxesTagNS): void {
    this.elements += 1;
    if (this.path.length >= DEPTH || this.elements > ELEMENTS) throw new Foreign('mchd_unreadable');
    const attribute: Attributes = (name) => cut(tag.attributes[name]?.value ?? '') || null;
    if (this.path.length === 0) refuseForeign(tag, attribute);
    this.path.push(tag.local);
    this.take(tag.local, attribute);
  }

  text(content: string): void {
    if (this.path.at(-1) !== 'ТекстПолн' || this.powers.length >= MOST_POWERS) return;
    const name = cut(content);
    if (name) this.powers.push({ code: null, name });
  }

  close(): void {
    this.path.pop();
  }

  facts(): MchdFacts | undefined {
    const { document, principal, people, powers } = this;
    return document && principal && { ...document, principal, representatives: people, powers };
  }

  private take(name: string, attribute: Attributes): void {
    if (name === 'СвДов' || name === 'СвПереДовер') this.document ??= documentOf(name, attribute);
    else if (name === 'СвРосОрг' || name === 'СвИП') this.takePrincipal(name, attribute);
    else if (name === 'СведФизЛ' && this.people.length < MOST_PEOPLE) this.takePerson(attribute);
    else if (name === 'ФИО' && this.path.includes('СведФизЛ')) this.takeName(attribute);
    else if (name === 'МашПолн' && this.powers.length < MOST_POWERS)
      this.powers.push({ code: attribute('КодПолн'), name: attribute('НаимПолн') ?? '' });
  }

  /** The first organisation or proprietor under the principal; later ones are its management. */
  private takePrincipal(name: string, attribute: Attributes): void {
    if (this.principal || !this.path.some((part) => /^Доверит(?:Перв)?$/.test(part))) return;
    const organisation = name === 'СвРосОрг';
    const inn = attribute(organisation ? 'ИННЮЛ' : 'ИННФЛ');
    if (inn === null) return;
    this.principal = {
      inn,
      kpp: organisation ? attribute('КПП') : null,
      ogrn: attribute(organisation ? 'ОГРН' : 'ОГРНИП'),
      name: attribute(organisation ? 'НаимОрг' : 'НаимИП') ?? '',
    };
  }

  private takePerson(attribute: Attributes): void {
    const snils = attribute('СНИЛС')?.slice(-2);
    this.people.push({
      familyName: '',
      givenName: '',
      middleName: null,
      inn: attribute('ИННФЛ'),
      snils: snils === undefined ? null : `•••-•••-••• ${snils}`,
    });
  }

  private takeName(attribute: Attributes): void {
    const person = this.people.at(-1);
    if (!person || person.familyName !== '') return;
    person.familyName = attribute('Фамилия') ?? '';
    person.givenName = attribute('Имя') ?? '';
    person.middleName = attribute('Отчество');
  }
}

function refuseForeign(tag: SaxesTagNS, attribute: Attributes): void {
  if (tag.local === 'Доверенность' && tag.uri === NAMESPACE && attribute('ВерсФорм') === 'EMCHD_1') return;
  // The root of the tax service's own documents, as ON_DOVEL_… files have it.
  throw new Foreign(/^5\.\d+$/.test(attribute('ВерсФорм') ?? '') ? 'mchd_fns' : 'mchd_format');
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function documentOf(name: string, attribute: Attributes): Reading['document'] {
  const number = attribute('НомДовер')?.toLowerCase() ?? '';
  const [issuedOn, validUntil] = [attribute('ДатаВыдДовер') ?? '', attribute('СрокДейст') ?? ''];
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(number)) return undefined;
  if (!DAY.test(issuedOn) || !DAY.test(validUntil)) return undefined;
  return { number, issuedOn, validUntil, delegated: name === 'СвПереДовер' };
}
