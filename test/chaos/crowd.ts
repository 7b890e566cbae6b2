/** People who register while something is done to the product, and what must hold when they are done. */
import { outboxEmpty, quantile, type Findings } from './finding';
import type { Premises } from './fleet';
import { register, type Story } from './registrant';
import { checkAudit, checkPost, checkRegistrations } from './registration-checks';

/** So many at once; whoever is done makes room for the next. */
export async function registerAll(
  { issuer, post }: Premises,
  { registrations, parallel }: { registrations: number; parallel: number },
  note: (line: string) => void,
): Promise<Story[]> {
  const stories: Story[] = [];
  let begun = 0;
  const oneAfterAnother = async (): Promise<void> => {
    while (begun < registrations) {
      begun += 1;
      stories.push(await register(issuer, post, begun));
      if (stories.length % 100 === 0) note(`${stories.length} registrations`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, oneAfterAnother));
  return stories;
}

/** Everything that holds of registrations, whatever was done meanwhile. Waits until the outbox is empty. */
export async function checkCrowd(premises: Premises, stories: readonly Story[]): Promise<Findings> {
  await outboxEmpty(premises.env.DATABASE_URL);
  const post = checkPost(premises.post, stories);
  const took = stories.map((story) => story.seconds);
  const count = (what: (story: Story) => number): string =>
    String(stories.reduce((sum, story) => sum + what(story), 0));
  return {
    figures: {
      registrations: `${count(({ acknowledged }) => Number(acknowledged))} of ${stories.length}`,
      'one took': `p50 ${quantile(took, 0.5).toFixed(1)} s, at most ${quantile(took, 1).toFixed(1)} s`,
      'requests without an answer': count(({ failures }) => failures),
      'codes asked for again': count(({ resends }) => resends),
      mails: `${post.figures.sent}, ${post.figures.duplicates} of them twice`,
    },
    invariants: [
      ...(await checkRegistrations(premises.env.DATABASE_URL, stories)),
      ...post.invariants,
      checkAudit(premises.command, premises.env),
    ],
  };
}
