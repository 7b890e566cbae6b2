/** Paths that a relying party sends people to register by must be there: a typing error would send them to the usual one. */
import { Failure, type AdminTools } from '../admin';

/** @param named what is said of one relying party, if anything. @throws Failure that lists the paths there are */
export function requireKnownPaths(
  { registrationPaths: known }: Pick<AdminTools, 'registrationPaths'>,
  named: readonly string[] = [],
): void {
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Failure('usage', `There is no registration path ${unknown}; there are ${known.join(', ')}.`);
}
