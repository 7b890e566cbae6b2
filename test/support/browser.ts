/**
 * Debian's Chromium, as people use it: what the pages ask of strangers, what the browser complains about and what
 * breaks the content security policy is collected and asserted.
 */
import { AxeBuilder } from '@axe-core/playwright';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { coordinates } from './bench/coordinates';

const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nothing that Chromium itself may want of the outside gets an address.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

const LOOPBACK = new Set(['localhost', '127.0.0.1']);
const FAILED_LOAD = /^Failed to load resource: the server responded with a status of 4\d\d/;
const AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

// A browser on a busy machine takes its time, and some tests look at a dozen pages.
jest.setTimeout(180_000);

/** One person's browser: its own cookies, one window with as many tabs as the test opens. */
export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** What went wrong beside the pages: script errors, policy violations, requests to strangers. */
  complaints: string[];
}

export interface TestBrowser {
  visit(options?: BrowserContextOptions): Promise<Visitor>;
  /** Closes the windows opened since and asserts that no page gave cause for complaint. */
  endVisits(): Promise<void>;
  close(): Promise<void>;
}

export async function launchBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: coordinates().chromium,
    args: ARGUMENTS,
    chromiumSandbox: false,
  });
  let visitors: Visitor[] = [];
  return {
    visit: async (options) => {
      const visitor = await open(browser, options);
      visitors.push(visitor);
      return visitor;
    },
    endVisits: async () => {
      const ended = visitors;
      visitors = [];
      await Promise.all(ended.map(({ context }) => context.close()));
      expect(ended.flatMap(({ complaints }) => complaints)).toEqual([]);
    },
    close: () => browser.close(),
  };
}

async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({
    locale: 'ru-RU',
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  await collect(context, complaints);
  return { page: await context.newPage(), context, complaints };
}

async function collect(context: BrowserContext, complaints: string[]): Promise<void> {
  const documents = new Set<string>();
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (request.isNavigationRequest()) documents.add(request.url());
    if (protocol.startsWith('http') && !LOOPBACK.has(hostname))
      complaints.push(`request to ${request.url()}`);
  });
  context.on('console', (message) => {
    // A page that answers 4xx is reported as a resource that failed; the page itself is what the test looks at.
    const expected = FAILED_LOAD.test(message.text()) && documents.has(message.location().url);
    if (['error', 'warning'].includes(message.type()) && !expected)
      complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  context.on('weberror', (error) => complaints.push(`script: ${error.error().message}`));
  await context.exposeBinding('reportPolicyViolation', (_source, text: string) =>
    complaints.push(`policy: ${text}`),
  );
  await context.addInitScript(`
    document.addEventListener('securitypolicyviolation', (event) => {
      reportPolicyViolation(event.violatedDirective + ' ' + event.blockedURI + ' on ' + document.URL);
    });
  `);
}

/** Rules whose outcome hangs on the width of the window or on the colour scheme. */
const LOOK = ['color-contrast', 'target-size'];

/**
 * No fault that axe finds against WCAG 2.0 to 2.2, levels A and AA.
 * @param scope `look` asks only what another width or colour scheme of the same page can change
 */
export async function expectAccessible(page: Page, scope: 'all' | 'look' = 'all'): Promise<void> {
  const runOnly =
    scope === 'all' ? { type: 'tag' as const, values: AA } : { type: 'rule' as const, values: LOOK };
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ runOnly, resultTypes: ['violations'] });
  const { violations } = await axe.analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
  );
  expect({ url: page.url(), found }).toEqual({ url: page.url(), found: [] });
}

/** Nothing sticks out to the right; at 320 px this is WCAG 1.4.10, a page at 400 % on a 1280 px screen. */
export async function expectNoSideScroll(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  const overhang = await page.evaluate<number>('document.scrollingElement.scrollWidth - innerWidth');
  expect({ url: page.url(), width, overhang: Math.max(0, overhang) }).toEqual({
    url: page.url(),
    width,
    overhang: 0,
  });
}
