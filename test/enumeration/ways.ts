/** Every way in which a stranger, or somebody signed in, can ask the product about a name. */
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { enterAt } from '../approvals/office';
import type { Agent, Answer } from '../support/agent';
import { TEST_PASSWORD } from '../support/app';
import { codeSentTo } from '../support/recovery';
import { authorizationRequest, follow, hiddenFields, openSignIn } from '../support/relying-party';
import type { Names, Place } from './place';
import type { Try, Way } from './sampling';

const PASSWORD = 'паром ушёл в 7:40';
const TWICE = { password: PASSWORD, password_repeated: PASSWORD };
/** A little more than the pause before another message may be asked for. */
const PAUSE = 61;

/** Sends the form of the page to an address, with what stands hidden in it. */
const form = (browser: Agent, page: Answer, to: string, fields: Record<string, string>): Try => ({
  browser,
  send: () => browser.post(to, { ...hiddenFields(page.body), ...fields }),
});

const signIn = (name: string, fields: (names: Names) => Record<string, string>): Way => ({
  name,
  prepare: (place) => async (names) => {
    const browser = place.newBrowser();
    const page = await openSignIn(browser, authorizationRequest(place.client));
    const wrong = { password: 'не тот пароль', captcha: FIXED_ANSWER, ...fields(names) };
    return form(browser, page, `${page.path}/sign-in`, wrong);
  },
});

type NameField = (names: Names) => { by: 'email' | 'phone'; name: string };

async function openRecovery(place: Place, field: NameField, names: Names): Promise<Try> {
  const browser = place.newBrowser();
  const { by, name } = field(names);
  const page = await browser.get(`/recovery?step=name&by=${by}`);
  return form(browser, page, '/recovery/name', { by, [by]: name, captcha: FIXED_ANSWER });
}

const recovery = (name: string, field: NameField): Way => ({
  name,
  prepare: (place) => (names) => openRecovery(place, field, names),
});

const again = (name: string, field: NameField, action: string, pause?: number): Way => ({
  name,
  pause,
  prepare: (place) => async (names) => {
    const { browser, send } = await openRecovery(place, field, names);
    await send();
    return form(browser, await browser.get('/recovery'), '/recovery/code', { action });
  },
});

const BOXES = { terms: 'yes', personal_data: 'yes', captcha: FIXED_ANSWER };
const PERSON = { family_name: 'Вымышленная', given_name: 'Анна', middle_name: 'Ивановна' };
const COMPANY = { inn: '7800999994', kpp: '780001001', company_name: 'ООО "Пример"' };

interface FirstPage {
  path: string;
  step: string;
  fields(names: Names): Record<string, string>;
}

const BY_EMAIL: FirstPage = {
  path: 'psk-company',
  step: 'account',
  fields: ({ email }) => ({ email, ...TWICE, ...BOXES }),
};
const BY_PHONE: FirstPage = {
  path: 'kit',
  step: 'account',
  fields: ({ phone }) => ({ phone, customer_kind: 'kit', ...TWICE, ...BOXES }),
};
const USUAL: FirstPage = {
  path: 'port-one',
  step: 'data',
  fields: ({ email, phone }) => ({ ...PERSON, ...COMPANY, email, phone, ...BOXES }),
};

async function openRegistration(place: Place, first: FirstPage, names: Names): Promise<Try> {
  const browser = place.newBrowser();
  const chooser = await browser.get('/register');
  await browser.post('/register/path', { ...hiddenFields(chooser.body), path: first.path });
  return form(browser, await browser.get('/register'), `/register/${first.step}`, first.fields(names));
}

const registration = (name: string, first: FirstPage): Way => ({
  name,
  prepare: (place) => (names) => openRegistration(place, first, names),
});

const registrationAgain = (name: string, first: FirstPage, step: string): Way => ({
  name,
  pause: PAUSE,
  prepare: (place) => async (names) => {
    const { browser, send } = await openRegistration(place, first, names);
    await follow(browser, place.product.issuer, await send());
    return form(browser, await browser.get('/register'), `/register/${step}`, { action: 'resend' });
  },
});

/** The usual path's second page, behind the phone's code: there the address is looked at. */
const REGISTRATION_END: Way = {
  name: 'registration, its last page with a taken e-mail',
  prepare: (place) => async (names) => {
    const own = { ...names, phone: (await place.newNames('unknown', place.nextNumber())).phone };
    const { browser, send } = await openRegistration(place, USUAL, own);
    // Newer than all that was sent before.
    place.wait(1);
    await send();
    const code = await codeSentTo(place.product, own.phone);
    return form(browser, await browser.get('/register'), '/register/password', { code, ...TWICE });
  },
};

/** Somebody signed in asks for a name; a fresh one each pair, since their messages are counted. */
const change = (name: string, page: string, field: keyof Names): Way => ({
  name,
  prepare: (place) => {
    let visitor: Promise<Agent> | undefined;
    return async (names) => {
      const browser = await (visitor ??= enter(place));
      return form(browser, await browser.get(page), page, { [field]: names[field] });
    };
  },
});

async function enter(place: Place): Promise<Agent> {
  const browser = place.newBrowser();
  const { email } = await place.newNames('known', place.nextNumber());
  await enterAt(browser, place.product.issuer, '/account', { id: '', email, password: TEST_PASSWORD });
  return browser;
}

const byEmail: NameField = ({ email }) => ({ by: 'email', name: email });
const byPhone: NameField = ({ phone }) => ({ by: 'phone', name: phone });
const byLandline: NameField = ({ landline }) => ({ by: 'phone', name: landline });

/** Those that let time pass stand last: a sign-in does not get older than the product's clock. */
export const WAYS: readonly Way[] = [
  signIn('sign-in by e-mail', ({ email }) => ({ identifier: email })),
  signIn('sign-in by phone', ({ phone }) => ({ by: 'phone', phone })),
  change('change of the e-mail to a taken one', '/account/email', 'email'),
  change('change of the phone to a taken one', '/account/phone', 'phone'),
  recovery('recovery by e-mail', byEmail),
  recovery('recovery by mobile', byPhone),
  recovery('recovery by landline', byLandline),
  again('recovery, by mail instead', byPhone, 'email'),
  registration('registration with a taken e-mail', BY_EMAIL),
  registration('registration with a taken phone', BY_PHONE),
  registration('registration, the usual first page', USUAL),
  REGISTRATION_END,
  again('recovery, the mail again', byEmail, 'resend', PAUSE),
  again('recovery, the SMS again', byPhone, 'resend', PAUSE),
  registrationAgain('registration, the mail again', BY_EMAIL, 'finish'),
  registrationAgain('registration, the SMS again', BY_PHONE, 'code'),
];
