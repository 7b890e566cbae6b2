/**
 * What a sign-in cannot do without: the product's own hasher checks one password again and again, in a process like
 * the servers'. Told a number of seconds, it answers with how often it did so.
 */
import { createPasswordHasher } from '../../src/accounts/passwords';

const PASSWORD = 'лодка плывёт 42';
/** So many wait at any moment: the threads never do. */
const WAITING = 4;

const passwords = createPasswordHasher();
const made = passwords.hash(PASSWORD);

async function verifyFor(seconds: number): Promise<number> {
  const hash = await made;
  const end = performance.now() + seconds * 1000;
  let checked = 0;
  const loops = Array.from({ length: WAITING }, async () => {
    while (performance.now() < end) {
      if (!(await passwords.verify(hash, PASSWORD))) throw new Error('the password does not fit');
      checked += 1;
    }
  });
  await Promise.all(loops);
  return checked;
}

process.on('message', (message) => {
  if (typeof message !== 'object' || message === null || !('seconds' in message)) return;
  void verifyFor(Number(message.seconds)).then((operations) => process.send?.({ operations }));
});
// Nothing else keeps it alive; the probe ends it when the bench is gone.
process.channel?.ref();
