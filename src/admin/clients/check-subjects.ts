import type { ClientInput } from '../../clients/client';
import { sectorFault } from '../../clients/subjects';
import type { Config } from '../../config';
import { createOutgoing } from '../../http/outgoing/outgoing';
import { Failure } from '../admin';

/** @throws Failure when the registration wants subjects of its own and cannot have them */
export async function checkSubjects(config: Config, input: ClientInput): Promise<void> {
  const loopback = config.environment !== 'production';
  const fetch = createOutgoing({ loopback, networks: config.relyingPartyNetworks });
  const fault = await sectorFault({ salt: config.pairwiseSalt, fetch }, input);
  if (fault !== undefined) throw new Failure('usage', `Cannot be registered: ${fault}.`);
}
