/** Everything that can be asked of the server now: endpoints of the protocol, links and forms of all pages. */
import { createAgent } from '../../support/agent';
import type { TestPerson } from '../../support/app';
import { authorizationRequest, follow, hiddenFields } from '../../support/relying-party';
import { dataOf, newRegistrant } from '../../registration/wizard';
import { FIXED_ANSWER } from '../../../src/captcha/providers/fixed';
import type { Cast } from '../cast';
import { crawl } from './crawl';
import { protocolSamples, type Where } from './protocol';
import { sample, type Sample } from './sample';

/** Pages that are reached by a mail, by a relying party, or by nobody. */
const HIDDEN = [
  '/health/live',
  '/health/ready',
  '/prove-email?token=x',
  '/set-password?token=x',
  '/signed-in?state=x',
  '/register/power-of-attorney',
  '/register/done',
  '/recovery/done',
  '/recovery/over',
  '/clients/client-1/logo',
  '/open/client-1',
  '/metrics',
  '/.git/config',
  '/documents/terms',
  '/device',
];

/** @throws Error when the person cannot sign in any more */
export async function harvest(where: Where, cast: Cast, person: TestPerson): Promise<Sample[]> {
  const { issuer, at } = where;
  const member = createAgent(issuer, at);
  const stranger = createAgent(issuer, at);
  const found = [
    ...(await protocolSamples(where, member, cast, person)),
    ...(await strangersPages(where, cast)),
    ...(await crawl(member, issuer, ['/account', '/approvals', '/approvals/members', '/session/end'])),
    ...(await crawl(stranger, issuer, ['/', '/register', '/recovery', ...HIDDEN])),
  ];
  return [...found, ...bare(found)];
}

/** The sign-in page of a relying party, and the second pages of registration and recovery. */
async function strangersPages({ issuer, at }: Where, { clients }: Cast): Promise<Sample[]> {
  const agent = createAgent(issuer, at);
  const begun = await agent.get(authorizationRequest(clients.web).path);
  const page = (begun.location ?? issuer).slice(issuer.length);
  const found = await crawl(agent, issuer, [page]);
  const register = await follow(agent, issuer, await agent.get('/register'));
  await agent.post('/register/data', { ...hiddenFields(register.body), ...dataOf(newRegistrant()) });
  found.push(...(await crawl(agent, issuer, ['/register'])));
  const recovery = await follow(agent, issuer, await agent.get('/recovery'));
  const name = { ...hiddenFields(recovery.body), name: 'nobody@example.com', captcha: FIXED_ANSWER };
  await agent.post('/recovery/name', name);
  return [...found, ...(await crawl(agent, issuer, ['/recovery']))];
}

/** Of each endpoint also the one that nobody is signed in at. */
function bare(samples: readonly Sample[]): Sample[] {
  const names = new Map(samples.map((one) => [one.name, one]));
  return [...names.values()].map(({ method, path, fields }) =>
    sample({ method, path, fields: fields?.filter(([name]) => name !== 'form_token') }),
  );
}
