/**
 * A person at a browser who registers while the server comes and goes: looks which page is due, fills it in,
 * reloads when there is no answer, and asks for another code when none came.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { createAgent, type Agent, type Answer } from '../support/agent';
import { follow, hiddenFields } from '../support/relying-party';
import type { SmsStandIn } from '../support/sms';
import type { SmtpSink } from '../support/smtp';

/** Where a person's messages come in. */
export interface Post {
  sms: SmsStandIn;
  mail: SmtpSink;
}

export interface Story {
  email: string;
  phone: string;
  /** Saw the page that says a mail is on its way. */
  promised: boolean;
  /** Saw that the address is proved. */
  acknowledged: boolean;
  /** Requests that got no answer, or a 503. */
  failures: number;
  /** Answers that no fault of this kind excuses: 500 and the like. */
  faults: string[];
  /** Forms that came back (4xx), with the page's title and its first problem. */
  refusals: string[];
  /** How often another code was asked for. */
  resends: number;
  seconds: number;
}

/** Of three codes in ten minutes each may be lost with its sender; and a mail waits for the lease of a sender that was killed. */
const PATIENCE_SECONDS = 900;
/** A little more than the pause before another code may be asked for. */
const RESEND_AFTER_SECONDS = 62;
const PASSWORD = 'паром ушёл в 7:40';

/** The company's ИНН, with a right check digit. */
function innOf(number: number): string {
  const base = `78009${String(number % 50).padStart(4, '0')}`;
  const weights = [2, 4, 10, 3, 5, 9, 4, 6, 8];
  const sum = weights.reduce((total, weight, place) => total + weight * Number(base[place]), 0);
  return `${base}${(sum % 11) % 10}`;
}

/** Each at an address of their own: what one address may do in an hour is bounded. */
const addressOf = (number: number): string => `127.1.${Math.floor(number / 250)}.${(number % 250) + 1}`;

/** Registers the person with this number. Never rejects: what went wrong stands in the story. */
export async function register(
  issuer: string,
  post: Post,
  number: number,
  browser: (issuer: string) => Agent = (at) => createAgent(at, { from: addressOf(number) }),
): Promise<Story> {
  const digits = String(number).padStart(7, '0');
  const story: Story = {
    email: `registrant-${number}@example.com`,
    phone: `+7909${digits}`,
    promised: false,
    acknowledged: false,
    failures: 0,
    faults: [],
    refusals: [],
    resends: 0,
    seconds: 0,
  };
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1000;
  const person = createPerson(issuer, post, story, { number, browser });
  while (!story.acknowledged && seconds() < PATIENCE_SECONDS) {
    await person.goOn().catch(async () => {
      // No answer: somebody with a browser waits a moment and reloads.
      story.failures += 1;
      await sleep(400 + ((number * 7919 + story.failures * 104_729) % 800));
    });
  }
  story.seconds = seconds();
  return story;
}

class NoAnswer extends Error {}

function createPerson(
  issuer: string,
  post: Post,
  story: Story,
  { number, browser }: { number: number; browser: (issuer: string) => Agent },
) {
  const agent = browser(issuer);
  // Every other person opens the mail in another browser.
  const reader = number % 2 === 0 ? agent : browser(issuer);
  let codesSeen = 0;
  let waitingSince = performance.now();

  /** Without a page there is nothing to go on from. @throws NoAnswer */
  const seen = (answer: Answer): Answer => {
    if (answer.status === 503 || answer.status === 502) throw new NoAnswer();
    if (answer.status >= 500) story.faults.push(`${answer.status} ${title(answer)}`);
    return answer;
  };
  const open = async (who: Agent, path: string): Promise<Answer> =>
    seen(await follow(who, issuer, await who.get(path)));
  const send = async (page: Answer, step: string, form: Record<string, string>): Promise<void> => {
    const answer = seen(await agent.post(`/register/${step}`, { ...hiddenFields(page.body), ...form }));
    if (answer.status < 400 || answer.status >= 500) return;
    story.refusals.push(`${answer.status} ${title(answer)}: ${problem(answer)}`);
    // Reads what is wrong.
    await sleep(2000);
  };

  async function tellData(page: Answer): Promise<void> {
    waitingSince = performance.now();
    await send(page, 'data', {
      family_name: 'Вымышленная',
      given_name: 'Анна',
      middle_name: 'Ивановна',
      phone: `8${story.phone.slice(2)}`,
      email: story.email,
      inn: innOf(number),
      kpp: '780001001',
      company_name: `ООО "Пример ${number % 50}"`,
      terms: 'yes',
      personal_data: 'yes',
      captcha: FIXED_ANSWER,
    });
  }

  async function choosePassword(page: Answer): Promise<void> {
    const words = { password: PASSWORD, password_repeated: PASSWORD };
    if (!page.body.includes('name="code"')) return send(page, 'password', words);
    const code = codesTo(post.sms, story.phone).at(codesSeen);
    if (code !== undefined) {
      codesSeen += 1;
      return send(page, 'password', { ...words, code });
    }
    if (performance.now() - waitingSince > RESEND_AFTER_SECONDS * 1000) {
      waitingSince = performance.now();
      story.resends += 1;
      return send(page, 'password', { action: 'resend' });
    }
    // Looks at the phone, not at the page.
    await waitFor(
      () => codesTo(post.sms, story.phone).length > codesSeen,
      RESEND_AFTER_SECONDS - (performance.now() - waitingSince) / 1000,
    );
  }

  async function openMail(): Promise<void> {
    story.promised = true;
    const link = linkTo(post.mail, story.email, issuer);
    if (link === undefined) {
      await waitFor(() => linkTo(post.mail, story.email, issuer) !== undefined, 5);
      return;
    }
    const page = await open(reader, link);
    const proved =
      title(page) === 'Почта уже подтверждена'
        ? page
        : seen(await reader.post('/prove-email', hiddenFields(page.body)));
    story.acknowledged = /^Почта (уже )?подтверждена$/.test(title(proved));
    if (!story.acknowledged) await sleep(200);
  }

  return {
    /** Does what the page that is due asks for. */
    async goOn(): Promise<void> {
      // Whoever has seen that a mail is coming looks for it, not at the page.
      if (story.promised) return openMail();
      const page = await open(agent, '/register');
      const step = /<form[^>]* action="[^"]*\/register\/([a-z]+)"/.exec(page.body)?.[1];
      if (step === 'data') return tellData(page);
      if (step === 'password') return choosePassword(page);
      if (step === 'finish') return openMail();
      story.faults.push(`no step: ${page.status} ${title(page)}`);
      await sleep(500);
    },
  };
}

const title = ({ body }: Answer): string => /<h1>(.*?)<\/h1>/.exec(body)?.[1] ?? '(no title)';

const problem = ({ body }: Answer): string =>
  /class="problems"[^>]*>([^]*?)<\/div>/
    .exec(body)?.[1]
    ?.replace(/<[^>]*>|\s+/g, ' ')
    .trim() ?? '';

/** Codes that came to this number, oldest first. */
function codesTo(sms: SmsStandIn, phone: string): string[] {
  const digits = phone.slice(1);
  return sms.accepted.filter(({ to }) => to === digits).map(({ text }) => /\d{6}/.exec(text)?.[0] ?? '');
}

/** Path of the link that proves the address; undefined while no mail has it. */
export function linkTo(mail: SmtpSink, email: string, issuer: string): string | undefined {
  const received = mail.mails.find(
    ({ recipients, mail: { text } }) => recipients.includes(email) && text?.includes('/prove-email?'),
  );
  const link = /https?:\S+\/prove-email\?\S+/.exec(received?.mail.text ?? '')?.[0];
  return link?.slice(issuer.length);
}

async function waitFor(what: () => boolean, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!what() && performance.now() < end) await sleep(50);
}
