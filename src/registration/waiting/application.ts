/** Which application of a person the waiting page is about, and what they may do about it. */
import type { MembershipView } from '../../companies/memberships/membership';

export type WaitingState = 'requested' | 'declined' | 'expired' | 'suspended' | 'revoked' | 'over';

const ENDED: readonly MembershipView['status'][] = ['declined', 'expired', 'revoked'];

/** The newest one that waits, else one that rests, else the one that ended last; none once the person has been let in. */
export function openApplication(memberships: readonly MembershipView[]): MembershipView | undefined {
  if (memberships.some(({ status }) => status === 'approved')) return undefined;
  const ended = memberships.filter(({ status }) => ENDED.includes(status));
  const end = ({ decidedAt, requestedAt }: MembershipView): number => (decidedAt ?? requestedAt).getTime();
  return (
    memberships.findLast(({ status }) => status === 'requested') ??
    memberships.findLast(({ status }) => status === 'suspended') ??
    ended.toSorted((left, right) => end(left) - end(right)).at(-1)
  );
}

export function stateOf(application: MembershipView | undefined): WaitingState {
  return application && application.status !== 'approved' ? application.status : 'over';
}

export const LONGEST_ANSWER = 1000;

/** Several lines of a person's words; empty when there is nothing in them. */
export function readWords(text: string | undefined): string {
  const words = (text ?? '')
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/[^\P{C}\n]/gu, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return /[\p{L}\p{N}]/u.test(words) ? [...words].slice(0, LONGEST_ANSWER).join('') : '';
}
