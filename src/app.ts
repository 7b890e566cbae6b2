/** The composition root: the only file that knows every folder. Builds the app, starts its workers, stops them. */
import { createServer, type Server } from 'node:http';
import Koa from 'koa';
import Router from 'koa-router';
import { meterFiles } from './accounts/meter/password-meter';
import { createPasswordHasher, type PasswordHasher } from './accounts/passwords';
import { addAccountRoutes } from './account/routes';
import { addApprovalsRoutes } from './approvals/routes';
import { LIMITS } from './attorney/attorney';
import { createFileStore } from './attorney/files';
import { createClamAv, noScan } from './attorney/virus-scan';
import { createCaptcha } from './captcha/providers';
import { clientEntry } from './clients/client';
import { createKnownClients, type KnownClients } from './clients/known-clients';
import { createCompanyDirectories } from './companies/directories';
import { addChoosingCompanyRoutes } from './choosing-company/routes';
import { addConsentingRoutes } from './consenting/routes';
import { createDocuments } from './consents/documents';
import { migrateFoundation, type Foundation } from './foundation';
import { loadAssets } from './http/pages/assets';
import type { Middleware, RequestState } from './http/context';
import { defineCookie } from './http/cookies';
import { handleErrors } from './http/pages/errors';
import { createForms, parseForms } from './http/forms';
import { health } from './http/health';
import { createMetrics, metricsServer } from './http/metrics';
import { pinOrigin, requireHost } from './http/origin';
import { createOutgoing } from './http/outgoing/outgoing';
import { createPublicDocuments } from './http/public-documents';
import { createRender, type Render } from './http/pages/render';
import { createUploads } from './http/files/uploads';
import { requestLog } from './http/request-log';
import { securityHeaders } from './http/security-headers';
import { loadTexts, localeFor } from './http/pages/texts';
import { createLegacyCheck } from './legacy-accounts/providers';
import { createAdapters } from './provider/adapters';
import { addConsentRoutes } from './provider/consent';
import { createInteractions, showInteraction } from './provider/interaction';
import { addConnectedPage } from './provider/device/connected';
import { createDevicePages } from './provider/device/pages';
import { createProviderPages } from './provider/pages';
import { createProvider } from './provider/provider';
import { addRelyingPartyRoutes } from './provider/relying-parties';
import { createSessions } from './provider/sessions';
import { addRecoveryRoutes } from './recovery/routes';
import { PATHS } from './registration/paths';
import type { Paths } from './registration/registration';
import { addRegistrationRoutes } from './registration/routes';
import { addSignInRoutes } from './sign-in/routes';
import { signInLimits } from './sign-in/sign-in';
import { openChanges } from './storage/changes';
import { createRedisStore } from './storage/ephemeral/redis';
import { createSqlStore } from './storage/ephemeral/sql';
import type { EphemeralStore } from './storage/ephemeral/port';
import { listMigrations } from './storage/migrate';
import { openRedis } from './storage/redis';
import { createWorkers, type WorkerParts } from './workers';

export interface AppOptions {
  /** Cheap hashing for tests. */
  passwords?: PasswordHasher;
  /** Registration paths; absent: those of the product. */
  paths?: Paths;
  /** Routes of development, mounted before "not found". */
  extraRoutes?: (router: Router, render: Render, parts: AppParts) => void;
}

/** What the parts of a running app share. */
export interface AppParts extends WorkerParts {
  clients: KnownClients;
  passwords: PasswordHasher;
}

export interface App extends AppParts {
  server: Server;
  /** Served at METRICS_PORT, if set. */
  metricsServer: Server;
  /** Begins the recurring work: mail, audit chain, sweeping, keys. */
  startWorkers(): void;
  /** From now on /health/ready says no. */
  drain(): void;
  /** Ends workers and connections; the servers are closed by who listens. */
  close(): Promise<void>;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Headers must be there within 10 s, a whole request within 30 s. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than a reverse proxy keeps its idle connections, so that it never sends into one we just closed. */
const KEEP_ALIVE_MS = 65_000;

/** Migrates, then builds everything over an open foundation. */
export async function createApp(foundation: Foundation, options: AppOptions = {}): Promise<App> {
  const { config, db, secrets, clock, log } = foundation;
  await migrateFoundation(foundation);

  const ephemeral = openEphemeral(foundation);
  const passwords = options.passwords ?? createPasswordHasher({ workers: config.passwordWorkers });
  const { viewsDir } = foundation;
  const texts = loadTexts(viewsDir);
  const assets = loadAssets(viewsDir, meterFiles());
  const render = createRender({ viewsDir, texts, assets, foot: config });
  const forms = createForms(config.issuer, secrets);
  const locale = localeFor(config.issuer);
  const metrics = createMetrics();
  const changes = openChanges({
    url: config.databaseUrl,
    pool: foundation.pool,
    onError: (error) => log.warn({ err: error }, 'changes are heard of late'),
  });
  const clients = createKnownClients(db, changes);
  const outgoing = createOutgoing({
    loopback: config.environment !== 'production',
    networks: config.relyingPartyNetworks,
  });
  const documents = createDocuments({ db, clock, viewsDir });
  changes.onChange('documents', documents.forget);
  const holder = await createProvider({
    db,
    clients,
    documents,
    secrets,
    clock,
    log,
    ephemeral,
    adapter: createAdapters({ db, ephemeral, secrets, clock, clients }),
    pages: createProviderPages(render, config.issuer),
    devicePages: createDevicePages(render),
    settings: {
      issuer: config.issuer,
      sessions: {
        remembered: { idle: config.sessionDays * DAY, total: config.sessionLimitDays * DAY },
        other: { idle: config.sessionHours * HOUR, total: config.sessionLimitHours * HOUR },
      },
      refreshTokenDays: config.refreshTokenDays,
      certificates: {
        certificateHeader: config.mtlsCertificateHeader,
        verifiedHeader: config.mtlsVerifiedHeader,
        trustedProxies: config.trustedProxies,
        origin: config.mtlsOrigin,
      },
    },
    outgoing,
  });
  changes.onChange('signing_keys', holder.refresh);
  changes.onChange('resources', holder.refresh);
  const interactions = createInteractions(holder, db);
  const captcha = createCaptcha(config.captchaProvider, { store: ephemeral, secrets });
  const files = createFileStore(config);
  const passwordPolicy = passwordPolicyOf(config);
  const parts: AppParts = { ...foundation, clients, ephemeral, passwords, holder, files, outgoing };
  let draining = false;

  const router = new Router();
  const lastClient = defineCookie(config.issuer, 'client');
  const shared = { ...parts, issuer: config.issuer, router, interactions, forms, render, locale };
  const limits = {
    account: config.signInLimitAccount,
    address: config.signInLimitAddress,
    global: config.signInLimitGlobal,
  };
  const login = addSignInRoutes({ ...shared, captcha, count: metrics.countSignIn, limits });
  const consent = addConsentRoutes(shared);
  const sessions = createSessions(shared);
  addApprovalsRoutes({ ...shared, sessions });
  const smsCaps = {
    prefix: config.smsLimitPrefix,
    address: config.smsLimitAddress,
    global: config.smsLimitGlobal,
  };
  const directories = createCompanyDirectories({ db, clock, config, store: ephemeral });
  addAccountRoutes({
    ...{ ...shared, sessions, directories, documents, smsCaps },
    passwordLimits: (who) => signInLimits(limits, who),
  });
  addRecoveryRoutes(router, { ...shared, captcha, smsCaps, tellsUnknown: config.recoveryTellsUnknown });
  const approval = addRegistrationRoutes(router, {
    ...shared,
    captcha,
    directories,
    documents,
    paths: options.paths ?? PATHS,
    ownPaths: config.registrationPaths,
    uploads: createUploads(forms, { file: LIMITS.file, total: LIMITS.total, files: LIMITS.pages }),
    virusScan: config.clamavSocket === undefined ? noScan : createClamAv(config.clamavSocket),
    sessions,
    legacyCheck: createLegacyCheck({ db, clock, config, passwords }),
    smsCaps,
  });
  const consenting = addConsentingRoutes({ ...shared, documents });
  const company = addChoosingCompanyRoutes(shared);
  addRelyingPartyRoutes(shared);
  addConnectedPage(shared);
  router.get(
    '/interaction/:uid',
    showInteraction(
      interactions,
      { login, ...consenting, company, consent, approval },
      lastClient,
    ) as Router.IMiddleware,
  );
  router.get('/', (async (ctx: Parameters<Middleware>[0]) => {
    render(ctx, { view: 'home', title: 'home.title', values: { onward: await wayForward(ctx) } });
  }) as Router.IMiddleware);
  options.extraRoutes?.(router, render, parts);

  const koa = new Koa<RequestState>();
  koa.keys = secrets.keys('cookie');
  koa.silent = true;
  pinOrigin(koa, config.issuer);
  const wayForward = async (ctx: Parameters<Middleware>[0]): Promise<string | undefined> => {
    const client = await clients.find(lastClient.read(ctx) ?? '');
    return client && clientEntry(client.metadata, config.issuer);
  };
  const ready = {
    database: () => db.selectNoFrom((eb) => eb.lit(1).as('one')).execute(),
    ephemeral: () => ephemeral.ping(),
    migrations: () => allMigrated(db),
  };
  const publicDocuments = createPublicDocuments({
    issuer: config.issuer,
    paths: ['/.well-known/openid-configuration', '/jwks'],
    version: () => holder.provider(),
    observe: metrics.observeRequest,
  });
  koa.use(publicDocuments.remember);
  koa.use(refuseForeignTarget);
  koa.use(requestLog(log, config.trustedProxies, metrics.observeRequest));
  koa.use(securityHeaders(config.issuer));
  koa.use(health(ready, () => draining));
  koa.use(locale);
  koa.use(handleErrors(render, wayForward));
  koa.use(requireHost(config.issuer));
  koa.use(assets.serve);
  koa.use(holder.serve);
  koa.use(neverCached);
  koa.use(parseForms());
  koa.use(router.routes() as Middleware);

  const pipeline = koa.callback();
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: 16_384,
    },
    (request, response) => {
      if (!publicDocuments.answer(request, response)) void pipeline(request, response);
    },
  );
  const workers = createWorkers(parts);
  metrics.gauge('password_queue', 'Passwords waiting or being hashed', () => passwords.depth());
  metrics.gauge(
    'database_waiting',
    'Requests waiting for a database connection',
    () => parts.pool.waitingCount,
  );

  return {
    ...parts,
    server,
    metricsServer: metricsServer(metrics),
    startWorkers: workers.start,
    drain: () => {
      draining = true;
    },
    close: async () => {
      await workers.stop();
      await changes.close();
      await passwords.close();
      await ephemeral.close();
      await parts.close();
    },
  };
}

/** `GET http://elsewhere/` and `OPTIONS *`: asked of forward proxies only, and nothing here may parse them. */
const refuseForeignTarget: Middleware = async (ctx, next) => {
  if (ctx.req.url?.startsWith('/')) await next();
  else ctx.status = 421;
};

/** Pages and redirects belong to one person at one moment; the few exceptions say so themselves. */
const neverCached: Middleware = async (ctx, next) => {
  ctx.set('Cache-Control', 'no-store');
  await next();
};

function openEphemeral({ config, db, log }: Foundation): EphemeralStore {
  if (config.redisUrl === undefined) return createSqlStore(db);
  const connection = openRedis(config.redisUrl, (error) => log.warn({ err: error }, 'redis connection lost'));
  return { ...createRedisStore(connection), close: () => connection.close() };
}

async function allMigrated(db: Foundation['db']): Promise<void> {
  const states = await listMigrations(db);
  if (states.some(({ executedAt }) => !executedAt)) throw new Error('migrations are pending');
}
