import {
  isLargestTaxpayerKpp,
  isPersonInn,
  readInn,
  readKpp,
  readOgrn,
  readOgrnip,
  readUnit,
} from '../../src/companies/identifiers';

describe('ИНН', () => {
  test.each([
    ...['7707083893', '7736050003', '7736207543', '7728168971', '7800999994', '9901000010'],
    // The weighted sum mod 11 is 10: the check digit is 0.
    '9900000120',
    ...['784806113663', '585204118212', '500100732259', '780099999967', '770000000156'],
  ])('%s is right', (inn) => {
    expect(readInn(inn)).toEqual({ value: inn });
  });

  test.each([
    ['7707083894', 'inn_checksum'],
    ['770708389', 'inn_length'],
    ['770708389A', 'inn_digits'],
    ['1234567890', 'inn_checksum'],
    ['0000000000', 'inn_prefix'],
    ['0012345678', 'inn_prefix'],
    ['9999980892', 'inn_checksum'],
    ['500100732258', 'inn_checksum'],
    ['500100732269', 'inn_checksum'],
    ['123456789012', 'inn_checksum'],
    ['000000000000', 'inn_prefix'],
    ['77070838931', 'inn_length'],
    ['7707083893'.repeat(10), 'inn_length'],
    ['7,70708E+09', 'inn_digits'],
    ['٧٧٠٧٠٨٣٨٩٣', 'inn_digits'],
    ['', 'inn_required'],
    [' – ', 'inn_required'],
  ])('attack 51: %s is not: %s', (inn, problem) => {
    expect(readInn(inn)).toEqual({ problem });
  });

  test.each([
    ['spaces', ' 7707 083 893\t'],
    ['dashes of several kinds', '7707-083–893'],
    ['no-break and zero-width spaces', '7707\u00a0083\u200b893\ufeff'],
    ['full-width digits', '７７０７０８３８９３'],
    ['a letter O for zero, Latin and Cyrillic', '77O7О83893'],
  ])('is understood with %s', (_what, typed) => {
    expect(readInn(typed)).toEqual({ value: '7707083893' });
  });

  test('no other digit in any place passes', () => {
    for (const inn of ['7707083893', '784806113663']) {
      for (let place = 0; place < inn.length; place++) {
        const others = [...'0123456789'].filter((digit) => digit !== inn[place]);
        const changed = others.map((digit) => inn.slice(0, place) + digit + inn.slice(place + 1));
        expect(changed.filter((candidate) => readInn(candidate).value)).toEqual([]);
      }
    }
  });

  test('a person has 12 digits', () => {
    expect([isPersonInn('784806113663'), isPersonInn('7707083893')]).toEqual([true, false]);
  });
});

describe('КПП', () => {
  test.each(['773601001', '540602001', '667102002', '7736AB001'])('%s is right', (kpp) => {
    expect(readKpp(kpp)).toEqual({ value: kpp });
  });

  test.each([
    ['77360100', 'kpp_length'],
    ['7736010011', 'kpp_length'],
    ['77360100A', 'kpp_format'],
    ['A73601001', 'kpp_format'],
    ['7736ab001', 'kpp_format'],
    ['7736ЖЖ001', 'kpp_format'],
    ['000000000', 'kpp_prefix'],
    ['', 'kpp_required'],
    ['-', 'kpp_required'],
  ])('attack 51: %s is not: %s', (kpp, problem) => {
    expect(readKpp(kpp)).toEqual({ problem });
  });

  test.each([
    [' 7736 01 001 ', '773601001'],
    ['7736-01-001', '773601001'],
    ['７７３６０１００１', '773601001'],
    ['77З601001', undefined],
    ['7736АВ001', '7736AB001'],
    ['7736ЕК001', '7736EK001'],
    ['7736МН001', '7736MH001'],
    ['7736ОР001', '7736OP001'],
    ['7736СТ001', '7736CT001'],
    ['7736ХА001', '7736XA001'],
    ['7736O1001', '7736O1001'],
    ['773601ОO1', '773601001'],
  ])('%s is understood as %s', (typed, kpp) => {
    expect(readKpp(typed).value).toBe(kpp);
  });

  test('the second one of a largest taxpayer is told apart', () => {
    expect(
      ['997750001', '997950001', '773601001', '773650001', '990101001'].filter(isLargestTaxpayerKpp),
    ).toEqual(['997750001', '997950001']);
  });
});

describe('ОГРН and ОГРНИП', () => {
  test.each([
    '1027700132195',
    '1027700070518',
    '1027700229193',
    '1267800000005',
    '5267800000001',
    // The remainder is 10.
    '1267800000050',
  ])('ОГРН %s is right', (ogrn) => {
    expect(readOgrn(ogrn)).toEqual({ value: ogrn });
  });

  test.each([
    ['1027700132196', 'ogrn_checksum'],
    ['102770013219', 'ogrn_length'],
    ['1000000000000', 'ogrn_prefix'],
    ['0000000000000', 'ogrn_prefix'],
    ['3027700132195', 'ogrn_prefix'],
    ['304500116000157', 'ogrn_length'],
    ['10277OO13219X', 'ogrn_digits'],
    ['', 'ogrn_required'],
  ])('ОГРН %s is not: %s', (ogrn, problem) => {
    expect(readOgrn(ogrn)).toEqual({ problem });
  });

  test.each([
    '304500116000157',
    '326784700000006',
    '326784700000017',
    // Remainders 10, 11 and 12.
    '326784700000040',
    '326784700000051',
    '326784700000062',
  ])('ОГРНИП %s is right', (ogrnip) => {
    expect(readOgrnip(ogrnip)).toEqual({ value: ogrnip });
  });

  test.each([
    ['304500116000158', 'ogrn_checksum'],
    ['307770000318381', 'ogrn_checksum'],
    ['300000000000000', 'ogrn_prefix'],
    ['104500116000157', 'ogrn_prefix'],
    ['1027700132195', 'ogrn_length'],
  ])('ОГРНИП %s is not: %s', (ogrnip, problem) => {
    expect(readOgrnip(ogrnip)).toEqual({ problem });
  });

  test('are understood as people type them', () => {
    expect(readOgrn('1 02 77 00 132195').value).toBe('1027700132195');
    expect(readOgrnip('3О45ОО116ООО157').value).toBe('304500116000157');
  });
});

describe('ИНН and КПП together', () => {
  test.each([
    ['a company and its КПП', '7707083893', '773601001', { unit: { inn: '7707083893', kpp: '773601001' } }],
    ['a person without one', '784806113663', ' ', { unit: { inn: '784806113663', kpp: null } }],
    ['a person with one', '784806113663', '773601001', { problems: { kpp: 'kpp_not_for_person' } }],
    ['a person with nonsense for it', '784806113663', 'x', { problems: { kpp: 'kpp_not_for_person' } }],
    ['a company without one', '7707083893', '', { problems: { kpp: 'kpp_required' } }],
    ['nothing', '', '', { problems: { inn: 'inn_required' } }],
    ['two faults', '7707083894', '77', { problems: { inn: 'inn_checksum', kpp: 'kpp_length' } }],
  ])('%s', (_what, inn, kpp, result) => {
    expect(readUnit({ inn, kpp })).toEqual(result);
  });

  test('the head office may be asked for without КПП', () => {
    expect(readUnit({ inn: '7707083893', kpp: '' }, { headIfNoKpp: true })).toEqual({
      unit: { inn: '7707083893', kpp: null },
    });
  });
});
