/** The rules of the wizard: what may be typed, and which page is due. */
import { checkTyped, readTyped } from '../../src/registration/data-form';
import { findPath } from '../../src/registration/paths';
import { nextStep, stepNumber, type Registration } from '../../src/registration/registration';
import { dataOf } from './wizard';

const FORM = dataOf({ email: 'anna@example.com', phone: '+79090000001' });
const check = (change: Record<string, string | undefined>) => checkTyped(readTyped({ ...FORM, ...change }));

describe('the first page', () => {
  it('takes what people type and keeps the normal form', () => {
    const typed = {
      family_name: '  Вымышленная-Первая ',
      phone: '8 (909) 000-00-01',
      email: ' Anna@Example.com ',
    };
    expect(check({ ...typed, inn: '7800 999 994' }).data).toEqual({
      familyName: 'Вымышленная-Первая',
      givenName: 'Анна',
      middleName: 'Ивановна',
      phone: '+79090000001',
      email: 'Anna@example.com',
      unit: { inn: '7800999994', kpp: '780001001' },
    });
  });

  it('takes people without a patronymic, and only when they say so', () => {
    expect(check({ middle_name: '', no_middle_name: 'yes' }).data?.middleName).toBeNull();
    expect(check({ middle_name: '' }).problems).toEqual({ middle_name: 'middle_name_required' });
  });

  it.each<[Record<string, string>, Record<string, string>]>([
    [{ family_name: '' }, { family_name: 'family_name_required' }],
    [{ given_name: '<b>' }, { given_name: 'name_letters' }],
    [{ phone: '' }, { phone: 'phone_required' }],
    [{ phone: '8 812 000-00' }, { phone: 'phone_invalid' }],
    [{ phone: '8 (812) 320-00-00' }, { phone: 'phone_landline' }],
    [{ email: '' }, { email: 'email_required' }],
    [{ email: 'anna' }, { email: 'email_invalid' }],
    [{ inn: '7800999995' }, { inn: 'inn_checksum' }],
    [{ kpp: '' }, { kpp: 'kpp_required' }],
    [{ inn: '780099999967' }, { kpp: 'kpp_not_for_person' }],
    [{ terms: '' }, { terms: 'terms_required' }],
    [{ personal_data: '' }, { personal_data: 'personal_data_required' }],
  ])('%j is told as %j', (change, problems) => {
    expect(check(change)).toEqual({ problems });
  });

  it('names every fault of an empty page at once', () => {
    expect(Object.keys(checkTyped(readTyped({})).problems).sort()).toEqual(
      ['email', 'family_name', 'given_name', 'inn', 'middle_name', 'personal_data', 'phone', 'terms'].sort(),
    );
  });
});

describe('the page that is due', () => {
  const path = findPath('port-one');
  const PHONE = '+79090000001';
  const at = new Date();
  const due = (facts: Partial<Registration>, phone?: string) =>
    nextStep(
      path,
      { answers: null, provedPhone: null, submittedAt: null, accountId: null, ...facts } as Registration,
      phone,
    );

  it.each<[string, Partial<Registration>, string | undefined, string]>([
    ['nothing told', {}, undefined, 'data'],
    ['data told', { answers: 'x' }, PHONE, 'password'],
    ['phone proved, no password', { answers: 'x', provedPhone: PHONE }, PHONE, 'password'],
    ['all told', { answers: 'x', provedPhone: PHONE, submittedAt: at }, PHONE, 'finish'],
    [
      'another phone since',
      { answers: 'x', provedPhone: PHONE, submittedAt: at },
      '+79090000002',
      'password',
    ],
    ['an account, answers forgotten', { accountId: 'a', submittedAt: at }, undefined, 'finish'],
  ])('%s', (_name, facts, phone, step) => {
    expect(due(facts, phone)).toBe(step);
  });

  it('is numbered, and an unknown path is the usual one', () => {
    expect(stepNumber(path, 'password')).toEqual({ number: 2, of: 3 });
    expect(findPath('constructor')).toBe(path);
  });
});
