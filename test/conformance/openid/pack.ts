/** All groups of the pack, in the order of the table. */
import type { Group, GroupParties } from './module';
import { requestModules, strictModules } from './modules/basic';
import { sessionModules } from './modules/basic-sessions';
import { configModules } from './modules/config';
import { dynamicModules } from './modules/dynamic';
import { fapiAssertionModules } from './modules/fapi2-assertions';
import { fapiMessageModules } from './modules/fapi2-messages';
import { fapiProofModules } from './modules/fapi2-proofs';
import { fapiRequestModules } from './modules/fapi2-requests';
import { fapiTokenModules } from './modules/fapi2-tokens';
import { backChannelModules, rpLogoutModules } from './modules/logout';
import type { Place } from './place';

const strict = ({ parties: { strict: first, strictPost: post, other } }: Place): GroupParties => ({
  first,
  post,
  other,
});
const legacy = ({ parties: { legacy: first, legacyPost: post, other } }: Place): GroupParties => ({
  first,
  post,
  other,
});
const fapi = ({ parties: { fapi: first, fapiOther: other } }: Place): GroupParties => ({
  first,
  post: first,
  other,
});
const signing = ({ parties: { signing: first, fapiOther: other } }: Place): GroupParties => ({
  first,
  post: first,
  other,
});

/** The Basic programme sends no PKCE, which is demanded here unless a relying party is exempt; so it runs for both. */
export const PACK: readonly Group[] = [
  {
    name: 'Basic OP, with PKCE',
    parties: strict,
    modules: [...requestModules, ...sessionModules, ...strictModules],
  },
  { name: 'Basic OP, exempt from PKCE', parties: legacy, modules: [...requestModules, ...sessionModules] },
  { name: 'Config OP', parties: strict, modules: configModules },
  { name: 'Dynamic OP', parties: strict, modules: dynamicModules },
  { name: 'RP-Initiated Logout', parties: strict, modules: rpLogoutModules },
  { name: 'Back-Channel Logout', parties: strict, modules: backChannelModules },
  {
    name: 'FAPI 2.0 Security Profile',
    parties: fapi,
    modules: [...fapiRequestModules, ...fapiAssertionModules, ...fapiTokenModules, ...fapiProofModules],
  },
  { name: 'FAPI 2.0 Message Signing', parties: signing, modules: fapiMessageModules },
];
