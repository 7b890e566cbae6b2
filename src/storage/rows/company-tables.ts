/** Row types of companies, who belongs to them, and what a registration gathers on the way there. */
import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt } from './columns';

/** One unit as the last imported file described it: head office, branch or sole proprietor. */
export interface CompanyDirectoryTable {
  inn: string;
  /** Unique together with `inn`; null counts as a value. */
  kpp: string | null;
  ogrn: string | null;
  name: string;
  fullName: string;
  kind: 'legal' | 'sole_proprietor';
  status: 'active' | 'liquidating' | 'liquidated' | 'bankrupt' | 'reorganizing';
  branch: 'main' | 'branch';
  address: string | null;
  email: Generated<string | null>;
  updatedAt: Date;
}

export interface CompanyTable {
  id: string;
  inn: string;
  /** Null for sole proprietors; ИНН and КПП together name the unit. */
  kpp: string | null;
  ogrn: string | null;
  name: string;
  /** Who says it is called so. */
  nameSource: 'directory' | 'operator' | 'person';
  /** Where the company itself is written to, by an operator's word. */
  email: Generated<string | null>;
  createdAt: CreatedAt;
  updatedAt: Date;
}

export interface MembershipTable {
  id: string;
  /** What people and operators call the application: short, and spoken easily. */
  number: Generated<number>;
  accountId: string;
  companyId: string;
  status: 'requested' | 'approved' | 'declined' | 'suspended' | 'revoked' | 'expired';
  role: 'member' | 'contact';
  /** May act for the company, not only read. */
  canAct: boolean;
  reason: string | null;
  version: Generated<number>;
  requestedAt: Date;
  decidedAt: Date | null;
  /** As the audit names people. */
  decidedBy: string | null;
  /** Registration path that led here; it names the policy of approval. */
  path: Generated<string>;
  /** Relying party the person came from; mails of decisions lead back to it. */
  clientId: string | null;
  /** Of the list of reasons for declining; `reason` is the comment beside it. */
  reasonCode: string | null;
  /** What a reviewer wants to know; null when nothing is asked. */
  question: string | null;
  /** What the person has said so far; companies/memberships/talk/said.ts reads it. */
  answer: string | null;
  /** While it waits: when it is too old to be decided. */
  expiresAt: Date | null;
  /** While it waits: when its approvers are reminded next. */
  remindAt: Date | null;
  /** End of the power of attorney behind `canAct`; null when it has none. */
  canActUntil: Date | null;
  /** Of a person's approved memberships the one with the newest is their default; null: never chosen. */
  defaultSince: Generated<Date | null>;
}

/** A yes to one version of an application, where its path wants several. */
export interface MembershipVoteTable {
  membershipId: string;
  version: number;
  /** As the audit names people. */
  decider: string;
  at: Date;
}

export interface PowerOfAttorneyTable {
  id: string;
  /** Whose it is until there is an account. */
  registrationId: string | null;
  membershipId: string | null;
  /** Pages of a paper one, or a machine-readable one (МЧД) with its signature. */
  kind: 'scan' | 'mchd';
  state: 'attached' | 'accepted' | 'refused' | 'replaced';
  /** What a machine-readable one says. */
  facts: JSONColumnType<Record<string, unknown>> | null;
  addedAt: Date;
  validUntil: Date | null;
  decidedAt: Date | null;
  decidedBy: string | null;
}

export interface PowerFileTable {
  id: string;
  powerId: string;
  position: number;
  part: 'page' | 'xml' | 'signature';
  /** Random name in the file storage. */
  storageKey: string;
  mediaType: string;
  /** As the person called it; shown, never used as a path. */
  originalName: string;
  /** Bytes. */
  size: number;
  sha256: string;
}

/** A login of an older portal with the hash of its password, as imported. */
export interface LegacyLoginTable {
  portal: string;
  /** As compared. */
  loginKey: string;
  login: string;
  hash: string;
  importedAt: Date;
}

/** An account's claim to a login of an older portal. */
export interface LegacyLinkTable {
  id: string;
  accountId: string;
  portal: string;
  login: string;
  loginKey: string;
  status: 'requested' | 'confirmed' | 'declined';
  /** As the audit names people; `password` when the old password proved it. */
  confirmedBy: string | null;
  requestedAt: Date;
  decidedAt: Date | null;
}

export interface RegistrationTable {
  id: string;
  path: string;
  /** Fingerprint of the cookie by which a browser comes back to it. */
  browserHash: string;
  clientId: string | null;
  locale: string;
  /** What the person has told so far, sealed. */
  answers: string | null;
  /** Id of the code on its way to the phone. */
  codeId: string | null;
  codeSentAt: Date | null;
  /** E.164 of the phone that was proved; another number must be proved anew. */
  provedPhone: string | null;
  passwordHash: string | null;
  submittedAt: Date | null;
  accountId: string | null;
  /** Id of the code in the newest mail, the second way to prove the address. */
  emailCodeId: string | null;
  /** When the newest mail was written. */
  emailSentAt: Date | null;
  /** When this browser last solved a captcha on the first page. */
  humanAt: Date | null;
  /** What was typed into the first page and not accepted yet, sealed. */
  draft: string | null;
  version: Generated<number>;
  createdAt: CreatedAt;
  expiresAt: Date;
}
