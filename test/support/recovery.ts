/** A recovery as a person without JavaScript goes through it, one call a page. */
import { insertIdentifier } from '../../src/accounts/store';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { listForDevelopment, type ReadableMessage } from '../../src/notifications/outbox';
import { createMessageRenderer } from '../../src/notifications/render';
import { createAgent, type Agent, type Answer, type RequestOptions } from './agent';
import type { TestPerson, TestProduct } from './app';
import { hiddenFields } from './relying-party';

/** Gives a person a phone, proved unless told otherwise. */
export async function addPhone(
  { app }: TestProduct,
  { id }: TestPerson,
  phone: string,
  proved = true,
): Promise<void> {
  const provedAt = proved ? app.clock.now() : null;
  await insertIdentifier(app.db, {
    accountId: id,
    kind: 'phone',
    value: phone,
    canonical: phone,
    provedAt,
  });
}

/** Everything that lies in the outbox for this address, newest first. */
export async function messagesTo({ app }: TestProduct, to: string): Promise<ReadableMessage[]> {
  const renderer = createMessageRenderer({ viewsDir: app.viewsDir, issuer: app.config.issuer });
  const all = await listForDevelopment(app.db, app.secrets, renderer, 500);
  return all.filter((message) => message.to === to);
}

/** The digits of the newest message to this address. */
export async function codeSentTo(product: TestProduct, to: string): Promise<string> {
  const [newest] = await messagesTo(product, to);
  const code = newest?.codes[0];
  if (code === undefined) throw new Error(`no code was sent to ${to}`);
  return code;
}

export interface RecoveryVisitor {
  agent: Agent;
  /** Asks for a code for an e-mail, or for a phone that begins with "+" or a digit. */
  begin(name: string, options?: RequestOptions): Promise<Answer>;
  page(options?: RequestOptions): Promise<Answer>;
  /** Sends the form of the page that is due to a step; hidden fields included. */
  send(step: string, form: Record<string, string>, options?: RequestOptions): Promise<Answer>;
}

export function recoveryVisitor(product: TestProduct, agent = createAgent(product.issuer)): RecoveryVisitor {
  const page = (options?: RequestOptions): Promise<Answer> => agent.get('/recovery', options);
  const send: RecoveryVisitor['send'] = async (step, form, options) =>
    agent.post(`/recovery/${step}`, { ...hiddenFields((await page(options)).body), ...form }, options);
  return {
    agent,
    page,
    send,
    begin: async (name, options) => {
      const by = /^[+\d]/.test(name) ? 'phone' : 'email';
      const shown = await agent.get(`/recovery?step=name&by=${by}`, options);
      return agent.post(
        '/recovery/name',
        { ...hiddenFields(shown.body), captcha: FIXED_ANSWER, [by]: name },
        options,
      );
    },
  };
}
