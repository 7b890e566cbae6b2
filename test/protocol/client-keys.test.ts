/** Keys behind the `jwks_uri` of a relying party: fetched again when they change, and from nowhere that could hurt. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { insertClient } from '../../src/clients/store';
import { clientInput } from '../../src/clients/client';
import { createAgent } from '../support/agent';
import { startProduct, type TestProduct } from '../support/app';
import { assertion, keyPair, publicJwk, type KeyPair, type Party } from './party';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let product: TestProduct;
let standIn: Server;
let origin: string;
/** What the stand-in answers, by path. */
let answers: Record<string, (response: ServerResponse) => void>;
let asked: string[];

beforeAll(async () => {
  product = await startProduct('embedded');
  standIn = createServer((request, response) => {
    asked.push(request.url ?? '');
    (answers[request.url ?? ''] ?? (() => response.writeHead(404).end()))(response);
  });
  await new Promise<void>((resolve) => standIn.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(standIn.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  answers = {};
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await product.close();
  standIn.closeAllConnections();
  await new Promise((resolve) => standIn.close(resolve));
});

let made = 0;
/** Only tests may name an address without TLS, so this one goes past the rules of a registration. */
async function register(uri: string): Promise<Party> {
  made += 1;
  const input = clientInput.parse({
    ...{ client_id: `keyed-${made}`, client_name: 'Банк', redirect_uris: ['https://bank.example.com/cb'] },
    ...{ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://bank.example.com/jwks' },
  });
  const row = { input: { ...input, jwks_uri: uri }, secretHash: null, pkceExempt: false };
  await insertClient(product.app.db, row, product.app.clock.now());
  return {
    id: input.client_id,
    secret: undefined,
    redirectUri: '',
    config: undefined as never,
    keys: await keyPair(),
  };
}

const serve = (keys: KeyPair) => async (): Promise<(response: ServerResponse) => void> => {
  const body = JSON.stringify({ keys: [await publicJwk(keys)] });
  return (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
};

/** `invalid_grant` says that the client was believed: its refresh token is none. */
async function authenticate(party: Party): Promise<{ status: number; error: unknown; ms: number }> {
  const begun = performance.now();
  const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: party.id };
  const jwt = await assertion(party, product.issuer);
  const answer = await createAgent(product.issuer).post(
    '/token',
    { ...form, client_assertion_type: ASSERTION_TYPE, client_assertion: jwt },
    { headers: { accept: 'application/json' } },
  );
  const { error } = JSON.parse(answer.body) as { error: unknown };
  return { status: answer.status, error, ms: performance.now() - begun };
}

it('are taken again a minute after they changed; the old one is worth nothing then', async () => {
  const party = await register(`${origin}/jwks`);
  answers['/jwks'] = await serve(party.keys)();
  expect((await authenticate(party)).error).toBe('invalid_grant');
  expect((await authenticate(party)).error).toBe('invalid_grant');
  expect(asked).toEqual(['/jwks']);
  const next = { ...party, keys: await keyPair() };
  answers['/jwks'] = await serve(next.keys)();
  const now = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + 61_000);
  expect((await authenticate(next)).error).toBe('invalid_grant');
  expect((await authenticate(party)).error).toBe('invalid_client');
  expect(asked).toEqual(['/jwks', '/jwks']);
});

it.each<[string, (response: ServerResponse, good: string) => void]>([
  ['a list that is huge', (response) => void response.writeHead(200).end('x'.repeat(10_000_000))],
  ['an answer that never ends', (response) => void response.writeHead(200).write('{"keys":[')],
  ['no answer at all', () => undefined],
  ['a redirect', (response, good) => void response.writeHead(302, { location: good }).end()],
  ['an error', (response) => void response.writeHead(500).end('{"keys":[]}')],
  ['what is no list of keys', (response) => void response.writeHead(200).end('[]')],
])('%s proves nothing, and keeps nobody waiting', async (_name, answer) => {
  const party = await register(`${origin}/jwks`);
  answers['/good'] = await serve(party.keys)();
  answers['/jwks'] = (response) => answer(response, `${origin}/good`);
  const { status, error, ms } = await authenticate(party);
  expect([400, 401]).toContain(status);
  expect(['invalid_client', 'invalid_client_metadata']).toContain(error);
  expect(ms).toBeLessThan(10_000);
  expect(asked).toEqual(['/jwks']);
  answers['/jwks'] = answers['/good'];
  const now = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + 61_000);
  expect((await authenticate(party)).error).toBe('invalid_grant');
});

it.each([
  'https://169.254.169.254/latest',
  'https://10.0.0.1/jwks',
  'http://192.168.0.1/jwks',
  'https://[fd00::1]/jwks',
])('attack 69: are not asked for at %s', async (uri) => {
  const { error, ms } = await authenticate(await register(uri));
  expect(['invalid_client', 'invalid_client_metadata']).toContain(error);
  expect(ms).toBeLessThan(2000);
});
