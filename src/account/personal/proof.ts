/** The page on which the code for a new e-mail or phone is typed, and asked for once more. */
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import { findTokenById } from '../../tokens/store';
import { formPurpose, goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';
import { RESEND_SCRIPTS, resendWait, sendAgain, tellScript } from '../resend';
import { formPath } from './form-page';

export interface PendingProof {
  /** The address or number, as people read it. */
  target: string;
  codeId: string;
  sentAt: Date;
}

export interface Proof {
  kind: 'email' | 'phone';
  /** What waits to be proved; undefined when nothing does. */
  find(visitor: Visitor): Promise<PendingProof | undefined>;
  /** Sends another code to the same place. @throws Refusal too_many_attempts */
  resend(ctx: Context, visitor: Visitor): Promise<void>;
  /** What is wrong with the code; undefined when the new address holds. */
  prove(ctx: Context, visitor: Visitor, code: string): Promise<string | undefined>;
}

const PURPOSES = { email: 'change_email_code', phone: 'change_phone' } as const;

const pathOf = ({ kind }: Proof): string => `${formPath(kind)}/code`;

export function addProof(routes: AccountRoutes, parts: AccountParts, proof: Proof): void {
  const path = pathOf(proof);
  routes.get(path, (ctx, visitor) => show(parts, ctx, visitor, proof));
  routes.post(path, (ctx, visitor) => post(parts, ctx, visitor, proof), { back: path });
}

/** A password that is set anew makes all codes of the account unknown; what waited for one is over with it. */
async function pendingOf(
  { db }: AccountParts,
  visitor: Visitor,
  proof: Proof,
): Promise<PendingProof | undefined> {
  const pending = await proof.find(visitor);
  const code = pending && (await findTokenById(db, PURPOSES[proof.kind], pending.codeId));
  return code && pending;
}

async function show(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  proof: Proof,
  { problems, typed = '', sent = false }: { problems?: Problems; typed?: string; sent?: boolean } = {},
): Promise<void> {
  const { kind } = proof;
  const pending = await pendingOf(parts, visitor, proof);
  if (!pending) return goTo(ctx, formPath(kind));
  parts.render(ctx, {
    view: 'account/proof',
    title: `account.proof.${kind}.title`,
    problems,
    form: { id: 'proof', action: pathOf(proof) },
    values: {
      person: visitor.name,
      ...{ kind, typed, sent, target: pending.target },
      wait: resendWait(pending, parts.clock.now()),
      scripts: RESEND_SCRIPTS,
      formToken: parts.forms.token(ctx, formPurpose(`${kind}_code`, visitor)),
    },
  });
}

async function post(parts: AccountParts, ctx: Context, visitor: Visitor, proof: Proof): Promise<void> {
  const { kind } = proof;
  const { code = '', ...form } = parts.forms.read(ctx, formPurpose(`${kind}_code`, visitor));
  if (parts.locale.choose(ctx, form.lang)) return show(parts, ctx, visitor, proof, { typed: code });
  if (form.action === 'resend') return resend(parts, ctx, visitor, proof);
  const problem = await proof.prove(ctx, visitor, code);
  if (problem === undefined) return goTo(ctx, '/account/personal', kind);
  return show(parts, ctx, visitor, proof, { problems: { code: problem } });
}

async function resend(parts: AccountParts, ctx: Context, visitor: Visitor, proof: Proof): Promise<void> {
  const before = await pendingOf(parts, visitor, proof);
  if (!before) return goTo(ctx, formPath(proof.kind));
  const problem = await sendAgain(parts, ctx, before, () => proof.resend(ctx, visitor));
  const now = (await proof.find(visitor)) ?? before;
  if (tellScript(ctx, problem, resendWait(now, parts.clock.now()))) return undefined;
  const problems = problem && { code: problem };
  return show(parts, ctx, visitor, proof, { problems, sent: problem === undefined });
}
