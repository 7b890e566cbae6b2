/** A person who registers, page by page and without JavaScript, and the messages that reach them. */
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import type { Message } from '../../src/notifications/notifications';
import { openMessage } from '../../src/notifications/outbox';
import { listMessages } from '../../src/notifications/store';
import type { Agent, Answer, RequestOptions } from '../support/agent';
import type { App } from '../../src/app';
import { follow, hiddenFields } from '../support/relying-party';

/** Room for many registrations from one address. */
export const ROOMY = { SMS_LIMIT_PREFIX: '10000', SMS_LIMIT_ADDRESS: '10000', SMS_LIMIT_GLOBAL: '10000' };

export const COMPANY = { inn: '7800999994', kpp: '780001001', name: 'ООО "Пример"' };
export const NEW_PASSWORD = 'паром ушёл в 7:40';

export interface Registrant {
  email: string;
  phone: string;
}

let made = 0;

export function newRegistrant(): Registrant {
  made += 1;
  const digits = String(made).padStart(4, '0');
  return { email: `registrant-${made}@example.com`, phone: `+7909000${digits}` };
}

/** The first page filled in without a fault. */
export function dataOf(person: Registrant): Record<string, string> {
  return {
    family_name: 'Вымышленная',
    given_name: 'Анна',
    middle_name: 'Ивановна',
    phone: `8${person.phone.slice(2)}`,
    email: person.email,
    inn: COMPANY.inn,
    kpp: COMPANY.kpp,
    company_name: COMPANY.name,
    terms: 'yes',
    personal_data: 'yes',
    captcha: FIXED_ANSWER,
  };
}

export interface Wizard {
  agent: Agent;
  /** The page that is due. */
  open(): Promise<Answer>;
  /** Sends a step from the page that is due; redirects are followed. */
  send(step: string, form: Record<string, string>, options?: RequestOptions): Promise<Answer>;
  /** The code that was sent last. */
  code(person: Registrant): Promise<string>;
  /** Everything up to the page that says what happens next. */
  fill(person: Registrant, change?: Record<string, string>): Promise<Answer>;
}

export async function messagesTo(app: App, to: string): Promise<Message[]> {
  const rows = await listMessages(app.db, { limit: 1000 });
  return rows
    .filter(({ sealed }) => sealed !== null)
    .map((row) => openMessage(app.secrets, row))
    .filter((message) => message.to === to);
}

/** The path of the newest mail's link. */
export async function mailedLink(app: App, issuer: string, email: string): Promise<string> {
  const [mail] = await messagesTo(app, email);
  if (mail?.channel !== 'email') throw new Error(`no mail to ${email}`);
  return mail.values.link.slice(issuer.length);
}

export function startWizard(app: App, issuer: string, agent: Agent): Wizard {
  const open = () => agent.get('/register');
  const wizard: Wizard = {
    agent,
    open,
    send: async (step, form, options) => {
      const fields = hiddenFields((await open()).body);
      return follow(agent, issuer, await agent.post(`/register/${step}`, { ...fields, ...form }, options));
    },
    code: async (person) => {
      const [sms] = await messagesTo(app, person.phone);
      if (sms?.channel !== 'sms') throw new Error(`no text message to ${person.phone}`);
      return sms.values.code;
    },
    fill: async (person, change = {}) => {
      await wizard.send('data', { ...dataOf(person), ...change });
      const code = await wizard.code(person);
      return wizard.send('password', { code, password: NEW_PASSWORD, password_repeated: NEW_PASSWORD });
    },
  };
  return wizard;
}

/** Opens the mailed link in a browser of its own and presses its button. */
export async function pressLink(agent: Agent, issuer: string, link: string): Promise<Answer> {
  const page = await follow(agent, issuer, await agent.get(link));
  return agent.post('/prove-email', hiddenFields(page.body));
}
