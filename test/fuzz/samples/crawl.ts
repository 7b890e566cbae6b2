/** Walking through the pages as a stranger and as somebody signed in, to know every form there is. */
import type { Agent } from '../../support/agent';
import { follow } from '../../support/relying-party';
import { formsOf, linksOf } from './html';
import { sample, type Pair, type Sample } from './sample';

const MOST_PAGES = 120;

export const cookieHeader = (agent: Agent): Pair[] => {
  const cookies = [...agent.cookies.values()].map(({ name, value }) => `${name}=${value}`);
  return cookies.length > 0 ? [['cookie', cookies.join('; ')]] : [];
};

/** Every address that can be reached by links from `seeds`, and every form on the way. */
export async function crawl(agent: Agent, issuer: string, seeds: readonly string[]): Promise<Sample[]> {
  const found: Sample[] = [];
  const seen = new Set<string>();
  const queue = [...seeds];
  for (let next = queue.shift(); next !== undefined && seen.size < MOST_PAGES; next = queue.shift()) {
    const address = next.replace(/#.*/, '');
    const [path = '', query = ''] = address.split('?');
    const asked = sample({ method: 'GET', path, query: [...new URLSearchParams(query)] as Pair[] });
    // Many of one kind are one.
    const key = asked.name + [...new URLSearchParams(query).keys()].join();
    if (seen.has(key)) continue;
    seen.add(key);
    const answer = await follow(agent, issuer, await agent.get(address));
    found.push({ ...asked, headers: cookieHeader(agent) });
    if (!String(answer.headers['content-type']).startsWith('text/html')) continue;
    found.push(...formsOf(answer.body, path, cookieHeader(agent)));
    queue.push(...linksOf(answer.body));
  }
  return found;
}
