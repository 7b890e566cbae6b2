/** The new password, after a right code and nothing less. */
import { METER_SCRIPTS } from '../../accounts/meter/password-meter';
import { defineCookie, KNOWN_BROWSER, knownBrowserMark, YEAR } from '../../http/cookies';
import { passwordToken } from '../check-code';
import { RECOVERY_PURPOSE, type RecoveryStep } from '../parts';
import { newPasswordProblems, openSetPassword, setPassword, type PasswordRight } from '../set-password';
import type { Visit } from '../visit';

function rightOf({ token, recovery }: Visit): PasswordRight {
  return { purpose: 'recovered', token: recovery ? passwordToken(token, recovery) : '' };
}

export const passwordStep: RecoveryStep = {
  name: 'password',
  needed: ({ right }) => right !== 'spent',

  show: async (parts, ctx, visit, { problems } = {}) => {
    const opened = await openSetPassword(parts, rightOf(visit));
    if (opened.state !== 'live') return;
    parts.render(ctx, {
      view: 'recovery/set-password',
      title: 'set_password.title',
      problems,
      form: { id: 'set-password', action: '/recovery/password' },
      values: {
        name: opened.name,
        shown: opened.shown,
        words: opened.words,
        scripts: METER_SCRIPTS,
        formToken: parts.forms.token(ctx, RECOVERY_PURPOSE),
      },
    });
  },

  submit: async (parts, ctx, visit, form) => {
    const right = rightOf(visit);
    const opened = await openSetPassword(parts, right);
    if (opened.state !== 'live') return undefined;
    const password = form.password ?? '';
    const problems = await newPasswordProblems(
      parts,
      { password, repeated: form.password_repeated ?? '' },
      opened.words,
    );
    if (Object.keys(problems).length > 0) return problems;
    const result = await setPassword(parts, right, password);
    if (result.outcome === 'password_same') return { password: result.outcome };
    if (result.outcome === 'unknown') await parts.visits.end(ctx, visit);
    if (result.outcome !== 'done') return undefined;
    // Whoever used up the tries of everybody else meanwhile does not keep the owner out.
    defineCookie(parts.issuer, KNOWN_BROWSER).write(ctx, knownBrowserMark(result.accountId), YEAR);
    return undefined;
  },
};
