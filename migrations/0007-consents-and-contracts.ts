/** Documents in versions, consents given and withdrawn, accounts to be destroyed; contracts and activation codes. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // A text that stood beside the program (views/documents) is kept here too, so that it can be shown for its hash.
  await sql`
    create table documents (
      number bigint generated always as identity primary key,
      name text not null check (name in ('terms', 'personal_data', 'marketing')),
      version text not null,
      text_ru text not null,
      text_en text,
      text_hash text not null,
      required boolean not null,
      shipped boolean not null,
      published_at timestamptz not null,
      published_by text not null,
      unique (name, version)
    )`.execute(db);

  // Giving and withdrawing are a row each; none is ever changed (152-ФЗ ст. 9).
  await sql`
    alter table consents
      drop constraint consents_document_check,
      add constraint consents_document_check check (document in ('terms', 'personal_data', 'marketing')),
      add column number bigint generated always as identity unique,
      add column action text not null default 'given' check (action in ('given', 'withdrawn')),
      add column form text not null default 'registration'
        check (form in ('registration', 'sign_in', 'account', 'operator')),
      add column way text not null default 'box' check (way in ('box', 'button', 'letter'))`.execute(db);
  await sql`drop index consents_account`.execute(db);
  await sql`create index consents_newest on consents (account_id, document, number desc)`.execute(db);

  // Outlives the account: it says until when its data must be destroyed, and that they were.
  await sql`
    create table account_closings (
      id uuid primary key,
      account_id uuid not null,
      reason text not null check (reason in ('consent_withdrawn', 'asked')),
      asked_by text not null,
      asked_at timestamptz not null,
      destroy_by timestamptz not null,
      undone_at timestamptz,
      destroyed_at timestamptz
    )`.execute(db);
  await sql`
    create unique index account_closings_open on account_closings (account_id)
    where undone_at is null and destroyed_at is null`.execute(db);
  await sql`
    create index account_closings_due on account_closings (destroy_by)
    where undone_at is null and destroyed_at is null`.execute(db);

  await sql`
    create table contracts (
      number text primary key check (number ~ '^[0-9]{14}$'),
      company_id uuid references companies,
      account_id uuid references accounts on delete set null,
      status text not null check (status in ('active', 'ended')),
      held_since timestamptz,
      ended_at timestamptz,
      end_reason text,
      source text not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null
    )`.execute(db);
  await sql`create index contracts_account on contracts (account_id) where account_id is not null`.execute(
    db,
  );
  await sql`create index contracts_company on contracts (company_id) where company_id is not null`.execute(
    db,
  );

  await sql`
    create table activation_codes (
      id uuid primary key,
      hash text not null unique,
      company_id uuid references companies,
      contract_number text references contracts on delete cascade,
      role text not null check (role in ('member', 'contact')),
      can_act boolean not null,
      uses integer not null default 0,
      max_uses integer not null check (max_uses > 0),
      expires_at timestamptz not null,
      created_at timestamptz not null default now(),
      created_by text not null,
      revoked_at timestamptz,
      revoked_by text,
      check (company_id is not null or contract_number is not null),
      check (uses <= max_uses)
    )`.execute(db);
  await sql`create index activation_codes_contract on activation_codes (contract_number)`.execute(db);
  await sql`
    create table activation_uses (
      code_id uuid not null references activation_codes on delete cascade,
      account_id uuid not null references accounts on delete cascade,
      at timestamptz not null,
      primary key (code_id, account_id)
    )`.execute(db);
}
