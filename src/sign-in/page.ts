/** The sign-in page, as it is first shown and as it comes back. */
import { countryOptions, type PhoneCountry } from '../accounts/phone-number';
import type { Captcha, CaptchaBinding, Challenge } from '../captcha/captcha';
import type { Problems } from '../errors';
import type { Context } from '../http/context';
import type { Forms } from '../http/forms';
import type { InteractionDetails } from '../http/interactions';
import type { Render } from '../http/pages/render';
import { tabsFor, type TypedName } from './names';

export interface PageParts {
  captcha: Captcha;
  forms: Forms;
  render: Render;
}

export interface PageState {
  typed: TypedName;
  remember: boolean;
  problems?: Problems;
  minutes?: number;
  status?: number;
  focus?: string;
}

/** Where the captcha of a sign-in page is good. */
export function captchaBinding({ forms }: PageParts, ctx: Context, uid: string): CaptchaBinding {
  return { purpose: 'sign_in', browser: forms.browser(ctx), context: uid };
}

export interface ChallengeLinks {
  id: string;
  picture: string;
  audio: string;
}

export function challengeLinks(challenge: Challenge, uid: string): ChallengeLinks | undefined {
  if (challenge.kind === 'none') return undefined;
  const base = `/interaction/${uid}/captcha/${challenge.id}`;
  return { id: challenge.id, picture: `${base}.png`, audio: `${base}.wav` };
}

export async function showPage(
  parts: PageParts,
  ctx: Context,
  details: InteractionDetails,
  { typed, remember, problems, minutes, status, focus }: PageState,
): Promise<void> {
  const { uid, signInNames: kinds, legacyUri } = details;
  const challenge = await parts.captcha.issue(captchaBinding(parts, ctx, uid));
  const field = typed.tab === 'phone' ? 'phone' : 'identifier';
  parts.render(ctx, {
    view: 'sign-in/sign-in',
    title: 'sign_in.title',
    titleValues: { client: details.brand.name },
    status,
    problems,
    form: { id: 'sign-in', action: `/interaction/${uid}/sign-in` },
    values: {
      uid,
      tab: typed.tab,
      tabs: tabsFor(kinds).map((tab) => ({
        name: tab,
        label: tab === 'text' && !kinds.includes('login') ? 'email' : tab,
        href: `/interaction/${uid}/sign-in?by=${tab}`,
      })),
      names: kinds.filter((kind) => kind !== 'phone').join('_'),
      text: typed.text,
      ...phoneField(ctx, typed.country),
      remember,
      legacyUri,
      minutes,
      focus: problems ? undefined : (focus ?? (typed.text ? 'password' : field)),
      captcha: challengeLinks(challenge, uid),
      formToken: parts.forms.token(ctx, `sign_in:${uid}`),
    },
  });
}

/** What the field for a phone needs. */
function phoneField(ctx: Context, country: PhoneCountry) {
  return { country, countries: countryOptions(ctx.state.locale) };
}
