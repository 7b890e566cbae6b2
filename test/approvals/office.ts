/** A company with its contact person, people who ask to be let in, and the contact person's browser. */
import { randomInt } from 'node:crypto';
import { attachPower } from '../../src/attorney/attach-power';
import type { Upload } from '../../src/attorney/attorney';
import { noScan } from '../../src/attorney/virus-scan';
import { addMember } from '../../src/companies/memberships/change-membership';
import type { MembershipRole } from '../../src/companies/memberships/membership';
import { findMembershipByNumber } from '../../src/companies/memberships/store';
import { requestMembership } from '../../src/companies/memberships/request';
import type { Agent, Answer, RequestOptions } from '../support/agent';
import { addPerson, type TestPerson, type TestProduct } from '../support/app';
import { hiddenFields, submitSignIn } from '../support/relying-party';

export interface Office {
  unit: { inn: string; kpp: string };
  name: string;
  /** Makes a person a member of the company. */
  member(person: TestPerson, role?: MembershipRole): Promise<string>;
  /** Somebody new asks to be let in; gives them and the number of their application. */
  applicant(change?: {
    person?: TestPerson;
    clientId?: string;
  }): Promise<{ person: TestPerson; number: number }>;
}

export function openOffice(product: TestProduct, name = 'ООО "Пример"'): Office {
  const { app, issuer } = product;
  const tools = { ...app, issuer };
  const unit = { inn: `78${randomInt(10_000_000, 99_999_999)}`, kpp: '780001001' };
  const naming = { name, nameSource: 'operator' as const, ogrn: null };
  return {
    unit,
    name,
    member: async ({ id: accountId }, role = 'contact') => {
      const given = { accountId, unit, naming, role, canAct: true };
      const membership = await addMember(tools, given, 'operator:test');
      if (!membership) throw new Error('a member already');
      return membership.id;
    },
    applicant: async ({ person, clientId } = {}) => {
      const applicant = person ?? (await addPerson(app));
      const request = { accountId: applicant.id, unit, naming, path: 'port-one', clientId: clientId ?? null };
      const membership = await app.db.transaction().execute((trx) => requestMembership(trx, tools, request));
      if (!membership) throw new Error('no application');
      return { person: applicant, number: membership.number };
    },
  };
}

/** Attaches a power of attorney to the application. */
export async function attachTo({ app }: TestProduct, number: number, files: Upload[]): Promise<void> {
  const membership = await findMembershipByNumber(app.db, number);
  const owner = { membershipId: membership?.id ?? '' };
  const fault = await attachPower({ ...app, virusScan: noScan }, owner, files, 'operator:test');
  if (fault) throw new Error(fault.problem);
}

/** Opens one of our own pages and signs in on the way to it; gives the page it ends on. */
export async function enterAt(
  agent: Agent,
  issuer: string,
  path: string,
  person: TestPerson,
): Promise<Answer & { path: string }> {
  const started = await agent.get(path);
  const asked = await agent.get((started.location ?? '').slice(issuer.length));
  if (!asked.location) throw new Error(`no sign-in: ${asked.status} ${asked.body}`);
  const page = {
    ...(await agent.get(asked.location.slice(issuer.length))),
    path: new URL(asked.location).pathname,
  };
  let answer = await submitSignIn(agent, page, person);
  let last = '';
  while (answer.location?.startsWith(`${issuer}/`)) {
    last = answer.location.slice(issuer.length);
    answer = await agent.get(last);
  }
  return { ...answer, path: last };
}

/** Sends one of the page's forms, told apart by its decision. */
export async function decideOn(
  agent: Agent,
  issuer: string,
  number: number,
  form: Record<string, string>,
  page?: Answer,
  options?: RequestOptions,
): Promise<Answer> {
  const { body } = page ?? (await agent.get(`/approvals/${number}`));
  const fields = {
    form_token: hiddenFields(body).form_token ?? '',
    version: hiddenFields(body).version ?? '',
  };
  return agent.post(`/approvals/${number}`, { ...fields, ...form }, options);
}
