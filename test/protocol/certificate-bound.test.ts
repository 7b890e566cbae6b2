/** TLS certificates of relying parties behind a proxy (RFC 8705), on both storages; attack 23. */
import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { loadConfig, ConfigError } from '../../src/config';
import { clientInput } from '../../src/clients/client';
import { isSameName } from '../../src/clients/distinguished-name';
import { insertResource } from '../../src/clients/resource-store';
import { clientCertificates } from '../../src/provider/protocol/client-certificate';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { storageKinds } from '../support/database';
import { makeCertificate, certificateJwk, type TestCertificate } from './certificates';
import { requestOf, signInAt, type Party } from './party';

const API = 'https://api.example.com/stock';
const ALTERNATIVES =
  'DNS:bank.example.com,URI:spiffe://bank.example.com/api,IP:192.0.2.7,email:api@bank.example.com';
const NAME = 'CN=bank,O=Bank\\, Ltd,C=RU';

describe.each(storageKinds)('certificates of relying parties on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let certificate: TestCertificate;
  let other: TestCertificate;

  beforeAll(async () => {
    product = await startProduct(kind, {
      env: {
        ...{ TRUSTED_PROXIES: '127.0.0.1', MTLS_ORIGIN: 'https://mtls.id.example.com' },
        ...{ MTLS_CERTIFICATE_HEADER: 'X-Client-Cert', MTLS_VERIFIED_HEADER: 'X-Client-Verify' },
      },
    });
    person = await addPerson(product.app);
    certificate = makeCertificate('/C=RU/O=Bank, Ltd/CN=bank', ALTERNATIVES);
    other = makeCertificate('/C=RU/O=Bank, Ltd/CN=bank2', 'DNS:bank2.example.com');
    await insertResource(
      product.app.db,
      { uri: API, name: 'Склад', scope: 'stock:read', tokenFormat: 'jwt', alg: 'ES256' },
      product.app.clock.now(),
    );
  });
  afterAll(() => product.close());

  const headersOf = ({ escaped }: TestCertificate, verified = 'SUCCESS') => ({
    ...{ 'x-client-cert': escaped, 'x-client-verify': verified },
  });
  /** A relying party whose requests go through the proxy with this certificate. */
  const register = async (
    change: Record<string, unknown>,
    headers: Record<string, string>,
  ): Promise<Party> => {
    const client = await addClient(product.app, {
      ...{ tls_client_certificate_bound_access_tokens: true, resources: [API] },
      ...change,
    });
    const config = await oidc.discovery(new URL(product.issuer), client.id, undefined, oidc.TlsClientAuth(), {
      execute: [oidc.allowInsecureRequests],
    });
    config[oidc.customFetch] = (url, options) =>
      fetch(url, { ...(options as RequestInit), headers: { ...options.headers, ...headers } });
    return { ...client, config, keys: undefined as never };
  };
  const tokensFor = async (party: Party, change: Record<string, string> = {}) => {
    const { parameters, checks } = await requestOf(party, change);
    const back = await signInAt(product, oidc.buildAuthorizationUrl(party.config, parameters), person);
    return oidc.authorizationCodeGrant(party.config, back, checks);
  };
  const userinfo = async (token: string, headers: Record<string, string>) =>
    (
      await createAgent(product.issuer).get('/userinfo', {
        headers: { accept: 'application/json', authorization: `Bearer ${token}`, ...headers },
      })
    ).status;
  const thumbprint = ({ parsed }: TestCertificate) =>
    createHash('sha256').update(parsed.raw).digest('base64url');

  it('are told of in the metadata, at an origin of their own', async () => {
    const { body } = await createAgent(product.issuer).get('/.well-known/openid-configuration');
    expect(JSON.parse(body)).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
      mtls_endpoint_aliases: {
        token_endpoint: 'https://mtls.id.example.com/token',
        userinfo_endpoint: 'https://mtls.id.example.com/userinfo',
        pushed_authorization_request_endpoint: 'https://mtls.id.example.com/request',
      },
    });
    expect((JSON.parse(body) as Record<string, unknown>).token_endpoint_auth_methods_supported).toEqual(
      expect.arrayContaining(['tls_client_auth', 'self_signed_tls_client_auth']),
    );
  });

  it('prove who a client is by a key of its own, and bind its tokens', async () => {
    const party = await register(
      {
        ...{ token_endpoint_auth_method: 'self_signed_tls_client_auth' },
        jwks: { keys: [certificateJwk(certificate)] },
      },
      headersOf(certificate, 'FAILED:self-signed certificate'),
    );
    const tokens = await tokensFor(party);
    expect(await userinfo(tokens.access_token, headersOf(certificate, 'NONE'))).toBe(200);
    expect(await userinfo(tokens.access_token, {})).toBe(401);
    expect(await userinfo(tokens.access_token, headersOf(other))).toBe(401);
    const again = await oidc
      .refreshTokenGrant(party.config, tokens.refresh_token ?? '', { resource: API })
      .catch((error: unknown) => error);
    expect(again).toMatchObject({ error: 'invalid_target' });
    const forApi = await tokensFor(party, { resource: API, scope: 'openid stock:read' });
    expect(decodeJwt(forApi.access_token).cnf).toEqual({ 'x5t#S256': thumbprint(certificate) });
  });

  it.each<[string, Record<string, string>]>([
    ['its whole name', { tls_client_auth_subject_dn: NAME }],
    ['a host', { tls_client_auth_san_dns: 'bank.example.com' }],
    ['an address of software', { tls_client_auth_san_uri: 'spiffe://bank.example.com/api' }],
    ['an address of the network', { tls_client_auth_san_ip: '192.0.2.7' }],
    ['an e-mail address', { tls_client_auth_san_email: 'api@bank.example.com' }],
  ])('prove it by %s, when a CA of the proxy has signed them', async (_name, names) => {
    const change = { token_endpoint_auth_method: 'tls_client_auth', ...names };
    const party = await register(change, headersOf(certificate));
    expect((await tokensFor(party)).token_type).toBe('bearer');
    for (const wrong of [headersOf(other), headersOf(certificate, 'FAILED:unable to verify'), {}]) {
      const impostor = { ...party };
      impostor.config = await oidc.discovery(
        ...([new URL(product.issuer), party.id, undefined, oidc.TlsClientAuth()] as const),
        { execute: [oidc.allowInsecureRequests] },
      );
      impostor.config[oidc.customFetch] = (url, options) =>
        fetch(url, { ...(options as RequestInit), headers: { ...options.headers, ...wrong } });
      await expect(oidc.refreshTokenGrant(impostor.config, 'x')).rejects.toMatchObject({
        error: 'invalid_client',
      });
    }
  });

  it('are read in the forms that proxies know, and in no other', async () => {
    const change = {
      ...{ token_endpoint_auth_method: 'self_signed_tls_client_auth' },
      jwks: { keys: [certificateJwk(certificate)] },
    };
    const client = await register(change, {});
    const post = async (headers: Record<string, string | string[]>) => {
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: client.id };
      const answer = await createAgent(product.issuer).post('/token', form, {
        headers: { accept: 'application/json', ...headers },
      });
      return (JSON.parse(answer.body) as { error: string }).error;
    };
    const base64 = certificate.parsed.raw.toString('base64');
    for (const good of [certificate.escaped, `:${base64}:`, base64])
      expect(await post({ 'x-client-cert': good })).toBe('invalid_grant');
    const twice = [certificate.escaped, other.escaped];
    for (const bad of ['x', '%', '-----BEGIN', `${base64}!`, 'A'.repeat(12_000), twice, [...twice].reverse()])
      expect(await post({ 'x-client-cert': bad })).toBe('invalid_client');
  });
});

it('a certificate that has ended, or has not begun, is none', () => {
  const certificate = makeCertificate('/CN=bank', 'DNS:bank.example.com');
  const settings = {
    ...{ certificateHeader: 'x-client-cert', verifiedHeader: undefined, origin: undefined },
    trustedProxies: { entries: [], includes: () => true },
  };
  const at = (hours: number) => {
    const clock = movableClock(new Date(Date.now() + hours * 3_600_000));
    const req = { headersDistinct: { 'x-client-cert': [certificate.escaped] } };
    const ctx = { req, socket: { remoteAddress: '192.0.2.1' } };
    return clientCertificates(settings, clock).getCertificate(ctx as never);
  };
  expect(at(1)?.subject).toBe('CN=bank');
  expect(at(30)).toBeUndefined();
  expect(at(-2)).toBeUndefined();
});

describe('attack 23: a certificate in a header', () => {
  it('that no trusted proxy has put there is noise', async () => {
    const certificate = makeCertificate('/CN=bank', 'DNS:bank.example.com');
    for (const trusted of ['', '192.0.2.1']) {
      const product = await startProduct('embedded', {
        env: {
          ...{ MTLS_CERTIFICATE_HEADER: 'x-client-cert', MTLS_VERIFIED_HEADER: 'x-client-verify' },
          TRUSTED_PROXIES: trusted,
        },
      });
      const clients = [
        await addClient(product.app, {
          ...{ token_endpoint_auth_method: 'self_signed_tls_client_auth' as const },
          jwks: { keys: [certificateJwk(certificate)] },
        }),
        await addClient(product.app, {
          ...{
            token_endpoint_auth_method: 'tls_client_auth' as const,
            tls_client_auth_san_dns: 'bank.example.com',
          },
        }),
      ];
      for (const { id } of clients) {
        const answer = await createAgent(product.issuer).post(
          '/token',
          { grant_type: 'refresh_token', refresh_token: 'x', client_id: id },
          {
            headers: {
              ...{ accept: 'application/json', 'x-client-cert': certificate.escaped },
              ...{ 'x-client-verify': 'SUCCESS', 'x-forwarded-for': '192.0.2.1', 'x-real-ip': '192.0.2.1' },
              ...{ 'x-ssl-client': 'SUCCESS', 'x-original-url': '/jwks', 'x-rewrite-url': '/jwks' },
            },
          },
        );
        expect(answer.status).toBe(401);
        expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_client' });
      }
      await product.close();
    }
  });

  it('is off altogether until a setting names the header', () => {
    expect(loadConfig({}).mtlsCertificateHeader).toBeUndefined();
    const wrong: Record<string, string>[] = [
      { MTLS_ORIGIN: 'https://mtls.example.com' },
      { MTLS_VERIFIED_HEADER: 'x-verify' },
      { MTLS_CERTIFICATE_HEADER: 'x-cert', MTLS_VERIFIED_HEADER: 'x-cert' },
      { MTLS_CERTIFICATE_HEADER: 'Cookie' },
    ];
    for (const env of wrong) expect(() => loadConfig(env)).toThrow(ConfigError);
  });
});

describe('a registration with certificates', () => {
  const base = {
    ...{ client_id: 'bank', client_name: 'Банк', redirect_uris: ['https://bank.example.com/cb'] },
    token_endpoint_auth_method: 'tls_client_auth',
  };
  it.each<[string, Record<string, unknown>]>([
    ['no name', {}],
    ['two names', { tls_client_auth_san_dns: 'a.example.com', tls_client_auth_san_ip: '192.0.2.1' }],
    ['a name of many hosts', { tls_client_auth_san_dns: '.example.com' }],
    ['a wildcard', { tls_client_auth_san_dns: '*.example.com' }],
    ['a subject that is none', { tls_client_auth_subject_dn: 'bank' }],
    [
      'a name for another method',
      { token_endpoint_auth_method: 'none', tls_client_auth_san_dns: 'a.example' },
    ],
    ['no certificate of its own', { token_endpoint_auth_method: 'self_signed_tls_client_auth' }],
    [
      'two ways to bind tokens',
      {
        ...{ tls_client_auth_san_dns: 'a.example.com', dpop_bound_access_tokens: true },
        tls_client_certificate_bound_access_tokens: true,
      },
    ],
  ])('and %s is refused', (_name, change) => {
    expect(clientInput.safeParse({ ...base, ...change }).success).toBe(false);
  });

  it('may be of the profile fapi2', () => {
    const change = {
      ...{
        profile: 'fapi2',
        require_pushed_authorization_requests: true,
        id_token_signed_response_alg: 'ES256',
      },
      ...{ tls_client_certificate_bound_access_tokens: true, tls_client_auth_san_dns: 'bank.example.com' },
    };
    expect(clientInput.safeParse({ ...base, ...change }).success).toBe(true);
    const bearer = { ...change, tls_client_certificate_bound_access_tokens: false };
    expect(clientInput.safeParse({ ...base, ...bearer }).success).toBe(false);
  });

  it('names its subject in any spelling of RFC 4514', () => {
    expect(isSameName('CN=bank,O=Bank\\, Ltd,C=RU', 'cn=bank, o=Bank\\2C Ltd , c=RU')).toBe(true);
    expect(isSameName('CN=\\D0\\B1\\D0\\B0\\D0\\BD\\D0\\BA', 'CN=банк')).toBe(true);
    expect(isSameName('CN=bank,O=Bank', 'O=Bank,CN=bank')).toBe(false);
    expect(isSameName('CN=bank\\,O=Bank', 'CN=bank,O=Bank')).toBe(false);
    expect(isSameName('CN=a+OU=b', 'OU=b+CN=a')).toBe(true);
    expect(isSameName('', '')).toBe(false);
  });
});
