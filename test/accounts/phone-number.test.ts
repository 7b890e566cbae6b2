import { formatPhone, maskPhone, parsePhone } from '../../src/accounts/phone-number';

const MOBILE = { value: '+79090000000', country: 'RU', type: 'mobile' };

describe('one number, however it is written', () => {
  test.each([
    '8 909 000 00 00',
    '89090000000',
    '9090000000',
    '7 909 000-00-00',
    '+7 909 000 00 00',
    '+7 (909) 000-00-00',
    '8(909)000\u201100\u201300',
    '8-909-000-00-00',
    '+7.909.000.00.00',
    '+8 909 000 00 00',
    '+89090000000',
    '+8 (909) 000-00-00',
    '+7 8 909 000 00 00',
    '\u00a0+7\u00a0909\u00a0000\u00a000\u00a000 ',
    '\u202a+7 909 000-00-00\u202c',
    '８９０９０００００００',
  ])('%s', (typed) => expect(parsePhone(typed)).toEqual(MOBILE));
});

describe('country and type come from the digits', () => {
  test.each([
    ['8 812 678-96-00', '+78126789600', 'RU', 'landline'],
    ['+8 812 678-96-00', '+78126789600', 'RU', 'landline'],
    ['+7 495 123-45-67', '+74951234567', 'RU', 'landline'],
    ['+7 701 123-45-67', '+77011234567', 'KZ', 'mobile'],
    ['+7 771 123-45-67', '+77711234567', 'KZ', 'mobile'],
    ['8 701 123-45-67', '+77011234567', 'KZ', 'mobile'],
    ['+7 727 258-00-00', '+77272580000', 'KZ', 'landline'],
    ['+7 7172 70-00-00', '+77172700000', 'KZ', 'landline'],
    ['+7 751 123-45-67', '+77511234567', 'KZ', 'voip'],
    ['+7 978 000-00-00', '+79780000000', 'RU', 'mobile'],
    ['+7 949 000-00-00', '+79490000000', 'RU', 'mobile'],
    ['+7 940 000-00-00', '+79400000000', 'RU', 'mobile'],
    ['+7 954 000-00-00', '+79540000000', 'RU', 'mobile'],
    ['+7 970 000-00-00', '+79700000000', 'RU', 'mobile'],
    ['810 375 29 123-45-67', '+375291234567', 'BY', 'mobile'],
    ['8~10 375 29 123 45 67', '+375291234567', 'BY', 'mobile'],
    ['+998 90 123 45 67', '+998901234567', 'UZ', 'mobile'],
    ['+1 202 555 0123', '+12025550123', 'US', 'other'],
    // A real code of another country is believed: this is Vietnam, not Moscow.
    ['+8 495 123 45 67', '+84951234567', 'VN', 'mobile'],
  ])('%s', (typed, value, country, type) => expect(parsePhone(typed)).toEqual({ value, country, type }));

  test('without a calling code the default country decides', () => {
    expect(parsePhone('029 123 45 67', 'BY')).toMatchObject({ value: '+375291234567', country: 'BY' });
    expect(parsePhone('8 701 123 45 67', 'KZ')).toMatchObject({ value: '+77011234567', country: 'KZ' });
  });

  test('every Russian mobile code is taken, whether the metadata knows it or not', () => {
    for (let code = 900; code <= 999; code += 1) {
      const value = `+7${code}1234567`;
      expect(parsePhone(value)).toEqual({ value, country: 'RU', type: 'mobile' });
    }
  });
});

describe('refused, each with its reason', () => {
  test.each([
    ['', 'phone_invalid'],
    ['909', 'phone_invalid'],
    ['007909 000 00 00', 'phone_invalid'],
    ['+7 111 111-11-11', 'phone_invalid'],
    ['+7 611 111-11-11', 'phone_invalid'],
    ['8 909 000 00 0', 'phone_invalid'],
    ['8 909 000 00 00 1', 'phone_invalid'],
    ['+8 909 000 00 0', 'phone_invalid'],
    ['+7 909 000 00 OO', 'phone_invalid'],
    ['8-909-FLOWERS', 'phone_invalid'],
    ['+8 909 000 00 00 Анна', 'phone_invalid'],
    ['call 8 909 000 00 00', 'phone_invalid'],
    ['8 909 000 00 00, 8 909 000 00 01', 'phone_invalid'],
    ['+7+79090000000', 'phone_invalid'],
    ['tel:+79090000000', 'phone_invalid'],
    ['anna@example.com', 'phone_invalid'],
    ['9'.repeat(10_000), 'phone_invalid'],
    ['8 909 000 00 00 доб. 12', 'phone_extension'],
    ['+7 909 000 00 00 ext. 5', 'phone_extension'],
    ['8 812 678-96-00 #12', 'phone_extension'],
    ['+79991234567,5', 'phone_extension'],
    ['8 800 234-59-60', 'phone_toll_free'],
    ['+7 800 234-59-60', 'phone_toll_free'],
    ['+800 1234 5678', 'phone_toll_free'],
    ['8 803 123 45 67', 'phone_not_personal'],
    ['8 809 123 45 67', 'phone_not_personal'],
    ['+870 773 111 632', 'phone_not_personal'],
  ])('%j: %s', (typed, problem) => expect(parsePhone(typed)).toBe(problem));
});

test.each([
  ['+79090000000', '+7 909 000-00-00', '+7*00-00'],
  ['+79091231823', '+7 909 123-18-23', '+7*18-23'],
  ['+77011231823', '+7 701 123-18-23', '+7*18-23'],
  ['+375291234567', '+375 29 123 45 67', '+375*45-67'],
])('%s is shown as %s and hidden as %s', (value, shown, masked) => {
  expect(formatPhone(value)).toBe(shown);
  expect(maskPhone(value)).toBe(masked);
});
