/** The composition root: the only file that knows every folder. Builds the app, starts its workers, stops them. */
import type { Server } from 'node:http';
import Koa from 'koa';
import Router from 'koa-router';
import { meterFiles } from './accounts/meter/password-meter';
import { createPasswordHasher, type PasswordHasher } from './accounts/passwords';
import { createBreachedList } from './accounts/policy/breached-list';
import { createPasswordPolicy } from './accounts/policy/password-policy';
import { addAccountRoutes } from './account/routes';
import { addApprovalsRoutes } from './approvals/routes';
import { LIMITS } from './attorney/attorney';
import { createFileStore } from './attorney/files';
import { createClamAv, noScan } from './attorney/virus-scan';
import { createCaptcha } from './captcha/providers';
import { clientEntry } from './clients/client';
import { createKnownClients, createKnownResources, type KnownClients } from './clients/known';
import { createCompanyDirectories } from './companies/directories';
import { addChoosingCompanyRoutes } from './choosing-company/routes';
import { addConsentingRoutes } from './consenting/routes';
import { createDocuments } from './consents/documents';
import { migrateFoundation, openEphemeral, openStatements, type Foundation } from './foundation';
import { addGauges } from './node/gauges';
import { loadAssets } from './http/pages/assets';
import type { Middleware, RequestState } from './http/context';
import { cookieSignatures } from './http/cookie-signatures';
import { defineCookie } from './http/cookies';
import { handleErrors } from './http/pages/errors';
import { createForms, parseForms } from './http/forms';
import { health } from './http/server/health';
import { createListener, type Listener } from './http/server/listener';
import { createMetrics, metricsServer } from './http/server/metrics';
import { pinOrigin, requireHost } from './http/origin';
import { createOutgoing } from './http/outgoing/outgoing';
import { createPublicDocuments } from './http/server/public-documents';
import { createRender, type Render } from './http/pages/render';
import { createUploads } from './http/files/uploads';
import { requestLog } from './http/server/request-log';
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
import { addRegistration, REGISTRATION_PATH } from './provider/registration/routes';
import { addRelyingPartyRoutes } from './provider/relying-parties';
import { createStandings, type Standings } from './provider/session/standing';
import { addSelectAccountRoutes } from './provider/session/select-account';
import { createSessions } from './provider/sessions';
import { readinessOf } from './node/readiness';
import { addRecoveryRoutes } from './recovery/routes';
import { PATHS } from './registration/paths';
import type { Paths } from './registration/registration';
import { addRegistrationRoutes } from './registration/routes';
import { addSignInRoutes } from './sign-in/routes';
import { signInLimits } from './sign-in/sign-in';
import { openChanges } from './storage/changes';
import type { Statements } from './storage/statements';
import { createWorkers, type WorkerParts } from './node/workers';

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
  statements: Statements;
  standings: Standings;
  passwords: PasswordHasher;
}

export interface App extends AppParts {
  listener: Listener;
  /** Served at METRICS_PORT, if set. */
  metricsServer: Server;
  /** Begins the recurring work: mail, audit chain, sweeping, keys. */
  startWorkers(): void;
  /** Ends it, waiting for what is under way. */
  stopWorkers(): Promise<void>;
  /** From now on /health/ready says no, and answers end their connections. */
  drain(): void;
  /** Ends workers and connections; the servers are closed by who listens. */
  close(): Promise<void>;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Migrates, then builds everything over an open foundation. */
export async function createApp(foundation: Foundation, options: AppOptions = {}): Promise<App> {
  const { config, db, secrets, clock, log } = foundation;
  await migrateFoundation(foundation);

  const ephemeral = openEphemeral(foundation);
  const passwords = options.passwords ?? createPasswordHasher({ workers: config.passwordWorkers });
  const { viewsDir } = foundation;
  const texts = loadTexts(viewsDir, accountRuleWords(config));
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
  const statements = openStatements(foundation);
  const standings = createStandings({ statements, clock });
  const holder = await createProvider({
    db,
    ...{ clients, resources: createKnownResources(db, changes) },
    standings,
    documents,
    secrets,
    clock,
    log,
    ephemeral,
    adapter: createAdapters({ ...foundation, statements, ephemeral, clients, standings }),
    pages: createProviderPages(render, config.issuer),
    devicePages: createDevicePages(render),
    settings: {
      issuer: config.issuer,
      sessions: {
        remembered: { idle: config.sessionDays * DAY, total: config.sessionLimitDays * DAY },
        other: { idle: config.sessionHours * HOUR, total: config.sessionLimitHours * HOUR },
      },
      refreshTokenDays: config.refreshTokenDays,
      pairwiseSalt: config.pairwiseSalt,
      registrationPath: config.clientRegistration === 'token' ? REGISTRATION_PATH : undefined,
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
  const { countMessage } = metrics;
  const records = { clients, statements, standings, ephemeral, passwords, holder, files };
  const parts: AppParts = { ...foundation, ...records, outgoing, countMessage };
  let draining = false;

  const router = new Router();
  const lastClient = defineCookie(config.issuer, 'client');
  const rules = { passwordPolicy, identifierRules: config };
  const shared = { ...parts, ...rules, issuer: config.issuer, router, interactions, forms, render, locale };
  const limits = {
    account: config.signInLimitAccount,
    address: config.signInLimitAddress,
    global: config.signInLimitGlobal,
  };
  const login = addSignInRoutes({ ...shared, captcha, count: metrics.countSignIn, limits });
  const consent = addConsentRoutes(shared);
  const selectAccount = addSelectAccountRoutes(shared);
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
  if (config.clientRegistration === 'token')
    addRegistration({ ...shared, pairwiseSalt: config.pairwiseSalt });
  router.get(
    '/interaction/:uid',
    showInteraction(
      interactions,
      { login, ...consenting, company, consent, approval, select_account: selectAccount },
      lastClient,
    ) as Router.IMiddleware,
  );
  router.get('/', (async (ctx: Parameters<Middleware>[0]) => {
    render(ctx, { view: 'home', title: 'home.title', values: { onward: await wayForward(ctx) } });
  }) as Router.IMiddleware);
  options.extraRoutes?.(router, render, parts);

  const koa = new Koa<RequestState>();
  koa.keys = cookieSignatures(secrets);
  koa.silent = true;
  pinOrigin(koa, config.issuer);
  const wayForward = async (ctx: Parameters<Middleware>[0]): Promise<string | undefined> => {
    const client = await clients.find(lastClient.read(ctx) ?? '');
    return client && clientEntry(client.metadata, config.issuer);
  };
  const publicDocuments = createPublicDocuments({
    issuer: config.issuer,
    version: () => holder.provider(),
    observe: metrics.observeRequest,
  });
  koa.use(publicDocuments.remember);
  koa.use(refuseForeignTarget);
  koa.use(requestLog(log, config.trustedProxies, metrics.observeRequest));
  koa.use(securityHeaders(config.issuer));
  koa.use(health(readinessOf(foundation, ephemeral), () => draining));
  koa.use(locale);
  koa.use(handleErrors(render, wayForward));
  koa.use(requireHost(config.issuer));
  koa.use(assets.serve);
  koa.use(holder.serve);
  koa.use(neverCached);
  koa.use(parseForms());
  koa.use(router.routes() as Middleware);

  const pipeline = koa.callback();
  const listener = createListener((request, response) => {
    if (!publicDocuments.answer(request, response)) void pipeline(request, response);
  });
  const workers = createWorkers(parts);
  addGauges(metrics, parts);

  return {
    ...parts,
    listener,
    metricsServer: metricsServer(metrics),
    startWorkers: workers.start,
    stopWorkers: workers.stop,
    drain: () => {
      draining = true;
      listener.wane();
    },
    close: async () => {
      await workers.stop();
      await changes.close();
      await passwords.close();
      await Promise.all([ephemeral.close(), statements.close()]);
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

const passwordPolicyOf = ({
  passwordMinLength: minLength,
  passwordBreachedFile: file,
}: Foundation['config']) =>
  createPasswordPolicy({ minLength, breached: file === undefined ? undefined : createBreachedList(file) });

/** What the sentences of pages say of the settings. */
const accountRuleWords = ({ passwordMinLength, mailDomains = [] }: Foundation['config']) => ({
  passwordMin: String(passwordMinLength),
  mailDomains: mailDomains.join(', '),
});
