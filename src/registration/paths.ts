/** Every registration path. A new one is its entry here, its texts, and a view where it asks something new. */
import type { FinishStep, FormStep, Path, Paths, PhoneStep } from './registration';

const FINISH: FinishStep = { kind: 'finish', name: 'finish' };
const CODE: PhoneStep = { kind: 'phone', name: 'code', title: 'register.phone_code.title' };

/** Phone and password first, then whom one ships for. */
const carrier = (name: string, usual: string): Path => ({
  name,
  phoneIsName: true,
  customer: { kinds: ['kit', 'kit_retail'], usual },
  steps: [
    {
      kind: 'form',
      name: 'account',
      fields: ['customer', 'phone', 'password', 'terms', 'marketing', 'captcha'],
    },
    CODE,
    { kind: 'form', name: 'profile', fields: ['profile', 'email'] },
    FINISH,
  ],
});

const PORT_ONE_DATA: FormStep = {
  kind: 'form',
  name: 'data',
  fields: ['name', 'phone', 'email', 'unit', 'terms', 'captcha'],
};

const PORT_ONE: Path = {
  name: 'port-one',
  steps: [PORT_ONE_DATA, { kind: 'phone', name: 'password', password: true, legacyLogin: true }, FINISH],
};

export const PATHS: Paths = {
  'port-one': PORT_ONE,
  kit: carrier('kit', 'kit'),
  'kit-retail': carrier('kit-retail', 'kit_retail'),
  'psk-person': {
    name: 'psk-person',
    phoneIsName: true,
    passwordRule: 'latin',
    customer: { kinds: ['person'], usual: 'person' },
    steps: [
      { kind: 'form', name: 'account', fields: ['phone', 'password', 'terms', 'captcha'] },
      CODE,
      { kind: 'form', name: 'person', fields: ['short_name', 'email'] },
      FINISH,
    ],
  },
  'psk-company': {
    name: 'psk-company',
    customer: { kinds: ['company'], usual: 'company' },
    steps: [
      {
        kind: 'form',
        name: 'account',
        title: 'register.account.title_email',
        fields: ['email', 'password', 'terms', 'captcha'],
      },
      FINISH,
    ],
  },
  agency: {
    name: 'agency',
    customer: { kinds: ['owner', 'agent', 'agency'], withOgrn: ['agency'] },
    steps: [
      {
        kind: 'form',
        name: 'data',
        fields: ['customer', 'name', 'phone', 'email', 'terms', 'captcha'],
      },
      { kind: 'phone', name: 'password', password: true },
      { kind: 'review', name: 'review' },
      FINISH,
    ],
  },
};

/** The first page of the usual path. */
export const USUAL_FORM = { path: PORT_ONE, fields: PORT_ONE_DATA.fields };

export function findPath(name: string, paths: Paths = PATHS): Path {
  return Object.hasOwn(paths, name) ? (paths[name] ?? PORT_ONE) : PORT_ONE;
}
