/** Row types of documents, consents, closings, contracts and activation codes. */
import type { ColumnType, Generated } from 'kysely';
import type { CreatedAt } from './columns';

/** Given by the database; says which of two rows is newer. Text, because it is a bigint. */
type RowNumber = ColumnType<string, never, never>;

export interface DocumentTable {
  number: RowNumber;
  name: 'terms' | 'personal_data' | 'marketing';
  version: string;
  /** The text that decides. */
  textRu: string;
  /** Null where there is no translation. */
  textEn: string | null;
  /** SHA-256 of the Russian text, in hex. */
  textHash: string;
  /** An account needs the consent to it. */
  required: boolean;
  /** It stood beside the program, and holds while nothing was published. */
  shipped: boolean;
  publishedAt: Date;
  /** As the audit names people. */
  publishedBy: string;
}

/** Something a person said about a document; never changed. */
export interface ConsentTable {
  id: string;
  number: RowNumber;
  accountId: string;
  document: DocumentTable['name'];
  action: Generated<'given' | 'withdrawn'>;
  version: string;
  /** SHA-256 of the text that was shown; of a withdrawal: of the text that had been agreed to. */
  textHash: string;
  at: Date;
  /** Empty where an operator wrote it down. */
  address: string;
  userAgent: string;
  /** Where it was said. */
  form: Generated<'registration' | 'sign_in' | 'account' | 'operator'>;
  /** How it was said. */
  way: Generated<'box' | 'button' | 'letter'>;
}

/** An account whose data must be destroyed by a day, or have been. */
export interface AccountClosingTable {
  id: string;
  /** No foreign key: the row outlives the account. */
  accountId: string;
  reason: 'consent_withdrawn' | 'asked';
  /** As the audit names people. */
  askedBy: string;
  askedAt: Date;
  destroyBy: Date;
  /** Until then the person may undo it; null where only the deadline counts. */
  destroyAfter: ColumnType<Date | null, Date | null | undefined, Date | null>;
  undoneAt: Date | null;
  destroyedAt: Date | null;
  /** Kinds of data that were destroyed. */
  categories: Generated<string[]>;
}

export interface ContractTable {
  /** 14 digits. */
  number: string;
  companyId: string | null;
  /** Who holds it; kept when it has ended. */
  accountId: string | null;
  status: 'active' | 'ended';
  heldSince: Date | null;
  endedAt: Date | null;
  endReason: string | null;
  /** File or operator it came from. */
  source: string;
  createdAt: CreatedAt;
  updatedAt: Date;
}

export interface ActivationCodeTable {
  id: string;
  /** Keyed hash. */
  hash: string;
  companyId: string | null;
  contractNumber: string | null;
  /** What the code makes of a person in the company. */
  role: 'member' | 'contact';
  canAct: boolean;
  uses: Generated<number>;
  maxUses: number;
  expiresAt: Date;
  createdAt: CreatedAt;
  createdBy: string;
  revokedAt: Date | null;
  revokedBy: string | null;
}

export interface ActivationUseTable {
  codeId: string;
  accountId: string;
  at: Date;
}
