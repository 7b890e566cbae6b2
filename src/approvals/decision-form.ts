/** What a reviewer may send for an application, read from the form. */
import type { Problems } from '../errors';
import type { Form } from '../http/forms';
import type { PowerDecision } from '../companies/memberships/powers/decide-power';
import {
  DECLINE_REASONS,
  type DeclineReason,
  type MembershipRole,
} from '../companies/memberships/membership';

export type ReviewDecision =
  | { kind: 'approve'; role: MembershipRole; canAct: boolean; acceptPower: { validUntil: Date } | undefined }
  | { kind: 'decline'; reasonCode: DeclineReason; comment: string | null }
  | { kind: 'ask'; question: string };

export type ReadDecision =
  { decision: ReviewDecision; problems?: undefined } | { decision?: undefined; problems: Problems };

/** Characters of a question or a comment. */
export const LONGEST_TEXT = 1000;

/** Text as it may be kept and mailed: trimmed, without control characters but line ends. */
export function plainText(input: string | undefined): string {
  return (input ?? '')
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{C}\n]/gu, '')
    .trim()
    .slice(0, LONGEST_TEXT);
}

/** The last moment of a day in Moscow, given as YYYY-MM-DD; undefined when there is no such day. */
export function endOfDay(day: string): Date | undefined {
  const end = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(`${day}T23:59:59.999+03:00`) : undefined;
  // 31 February is read as 3 March by some.
  const same = end && !Number.isNaN(end.getTime()) && end.toISOString().startsWith(day);
  return same ? end : undefined;
}

/** Undefined for a form that none of our pages holds. */
export function readDecision(form: Form, now: Date): ReadDecision | undefined {
  if (form.decision === 'approve') return readApproval(form, now);
  if (form.decision === 'decline') return readDeclining(form);
  if (form.decision !== 'ask') return undefined;
  const question = plainText(form.question);
  return question === ''
    ? { problems: { question: 'question_required' } }
    : { decision: { kind: 'ask', question } };
}

function readApproval(form: Form, now: Date): ReadDecision {
  const role = form.contact === 'yes' ? 'contact' : 'member';
  const canAct = form.can_act === 'yes';
  if (form.accept_power !== 'yes')
    return { decision: { kind: 'approve', role, canAct, acceptPower: undefined } };
  const term = readTerm(form, now);
  if (typeof term === 'string') return { problems: { valid_until: term } };
  return { decision: { kind: 'approve', role, canAct: true, acceptPower: { validUntil: term } } };
}

/** What may be done about a power of attorney that a member attached later. */
export type ReadPower =
  | { decision: PowerDecision['decision']; powerId: string; problems?: undefined }
  | { decision?: undefined; problems: Problems };

/** Undefined for another form. */
export function readPowerDecision(form: Form, now: Date): ReadPower | undefined {
  const powerId = form.power ?? '';
  if (form.decision === 'decline_power') {
    const comment = plainText(form.comment);
    if (comment === '') return { problems: { comment: 'comment_required' } };
    return { decision: { kind: 'decline', comment }, powerId };
  }
  if (form.decision !== 'accept_power') return undefined;
  const term = readTerm(form, now);
  return typeof term === 'string'
    ? { problems: { valid_until: term } }
    : { decision: { kind: 'accept', validUntil: term }, powerId };
}

/** The last moment of a power of attorney, or what is wrong with the day that was given. */
function readTerm(form: Form, now: Date): Date | 'power_term_required' | 'power_term_over' {
  const validUntil = endOfDay(form.valid_until ?? '');
  if (!validUntil) return 'power_term_required';
  return validUntil <= now ? 'power_term_over' : validUntil;
}

function readDeclining(form: Form): ReadDecision {
  const reasonCode = DECLINE_REASONS.find((code) => code === form.reason);
  const comment = plainText(form.comment);
  if (!reasonCode) return { problems: { reason: 'decline_reason_required' } };
  if (reasonCode === 'other' && comment === '') return { problems: { comment: 'comment_required' } };
  return { decision: { kind: 'decline', reasonCode, comment: comment === '' ? null : comment } };
}
