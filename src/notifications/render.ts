/** Turns a template's name and values into a mail (subject, plain text, its light HTML twin) or a text message. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, type TemplateFunction } from 'ejs';
import type {
  EmailTemplateName,
  EmailTemplates,
  Locale,
  RenderedMail,
  SmsTemplateName,
  SmsTemplates,
} from './notifications';
import { fitsOneSms } from './sms/text';

export interface MessageRenderer {
  /** @throws Error when a text is missing, or a link leads anywhere but to the issuer. */
  renderEmail<Name extends EmailTemplateName>(
    template: Name,
    locale: Locale,
    values: EmailTemplates[Name],
  ): RenderedMail;
  /** @throws Error when a text is missing, or takes more than one message on a phone. */
  renderSms<Name extends SmsTemplateName>(template: Name, locale: Locale, values: SmsTemplates[Name]): string;
}

export interface MessageRendererOptions {
  /** The repository's views folder. */
  viewsDir: string;
  /** Origin of every link in a mail. */
  issuer: string;
}

type Texts = Record<string, Record<string, string>>;
type Translate = (key: string) => string;

/** A mail client turns "www.example.com" in a greeting into a link, so only what looks like a name is greeted. */
const PERSON_NAME = /^(?=.{1,100}$)\p{L}[\p{L}\p{M}]*(?:(?:\. |[ '’-])\p{L}[\p{L}\p{M}]*)*\.?$/u;

function days(locale: Locale, count: number): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(count);
}

function fill(text: string, facts: Record<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
    const fact = facts[name];
    if (fact === undefined) throw new Error(`a message text wants {{${name}}}`);
    return fact;
  });
}

function readTexts(folder: string): Record<Locale, Texts> {
  const read = (locale: Locale): Texts =>
    JSON.parse(readFileSync(join(folder, `${locale}.json`), 'utf8')) as Texts;
  return { ru: read('ru'), en: read('en') };
}

/** Why applications are declined, in the words that pages show, too. */
function readDeclineReasons(viewsDir: string): Record<Locale, Record<string, string>> {
  const read = (locale: Locale): Record<string, string> => {
    const texts: unknown = JSON.parse(readFileSync(join(viewsDir, 'texts', `${locale}.json`), 'utf8'));
    return (texts as { decline_reasons: Record<string, string> }).decline_reasons;
  };
  return { ru: read('ru'), en: read('en') };
}

/** Compiles every template of the folder once. Values reach a template as data only (CVE-2022-29078). */
function compileAll(folder: string): Map<string, TemplateFunction> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ejs'));
  return new Map(
    files.map((file) => {
      const source = readFileSync(join(folder, file), 'utf8');
      return [file, compile(source, { strict: true, localsName: 'mail', client: false, cache: false })];
    }),
  );
}

/** Reads and compiles all templates and texts of views/messages. */
export function createMessageRenderer({ viewsDir, issuer }: MessageRendererOptions): MessageRenderer {
  const folder = join(viewsDir, 'messages');
  const texts = readTexts(join(folder, 'texts'));
  const reasons = readDeclineReasons(viewsDir);
  const templates = compileAll(join(folder, 'email'));
  const { host, hostname } = new URL(issuer);

  function draw(file: string, data: object): string {
    const template = templates.get(file);
    if (!template) throw new Error(`no message template ${file}`);
    return template(data);
  }

  function translator(template: string, locale: Locale, facts: Record<string, string>): Translate {
    return (key) => {
      const text = texts[locale][template]?.[key] ?? texts[locale].common?.[key];
      if (text === undefined) throw new Error(`no message text ${locale}.${template}.${key}`);
      return fill(text, facts);
    };
  }

  /** What the texts of a mail may name beside its values. */
  function derived(locale: Locale, values: object) {
    const { reasonCode, comment, applicant, right, number, date }: Partial<Record<string, string>> = {
      ...values,
    };
    const { common = {} } = texts[locale];
    const words = { until: '', ...values, number: number ?? '', date: date ?? '' };
    const listed = reasonCode === undefined || reasonCode === 'other' ? '' : reasons[locale][reasonCode];
    return {
      reason: [listed, comment].filter(Boolean).join(' '),
      // Messages of an earlier release say less.
      which: number && date ? fill(common.which ?? '', words) : '',
      rights: right === undefined ? '' : fill(common[`right_${right}`] ?? '', words),
      // A stranger's name is read by others: it must not turn into a link either.
      ...(applicant !== undefined && !PERSON_NAME.test(applicant)
        ? { applicant: common.somebody ?? '' }
        : {}),
    };
  }

  return {
    renderEmail(template, locale, values) {
      if (new URL(values.link).origin !== new URL(issuer).origin)
        throw new Error('a link that leaves the issuer');
      const name = PERSON_NAME.test(values.name) ? values.name : '';
      const facts = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [
          key,
          typeof value === 'number' ? days(locale, value) : value,
        ]),
      );
      const t = translator(template, locale, { ...facts, ...derived(locale, values), name, host });
      const data = {
        t,
        locale,
        link: values.link,
        code: 'code' in values ? values.code : undefined,
        subject: t('subject'),
        greeting: t(name ? 'greeting' : 'greeting_nameless'),
      };
      const drawAs = (kind: 'text' | 'html'): string =>
        draw(`layout.${kind}.ejs`, { ...data, body: draw(`action.${kind}.ejs`, data) });
      return { subject: data.subject, text: drawAs('text'), html: drawAs('html') };
    },
    renderSms(template, locale, values) {
      const { code }: Partial<Record<string, string>> = { ...values };
      const text = translator(template, locale, { ...values })('sms');
      if (!fitsOneSms(text))
        throw new Error(`the text ${locale}.${template}.sms takes more than one message`);
      // Lets a browser fill the code in on this site only. It never costs a second message.
      const bound = `${text}\n\n@${hostname} #${code ?? ''}`;
      // A text that ends with its code has been promised to end so.
      return code !== undefined && !text.endsWith(code) && fitsOneSms(bound) ? bound : text;
    },
  };
}
