/**
 * Many people of fiction, written by the database itself: accounts with proved names and one password, companies,
 * approved members and waiting applications. The same numbers give the same rows, times apart.
 */
import { createPasswordHasher } from '../src/accounts/passwords';

export interface Population {
  accounts: number;
  /** How many of them still wait to be let in; the others are approved. */
  waiting: number;
}

/** What the seeding needs of a connection to Postgres. */
export interface Connection {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Of everybody here. Each having a hash of their own would take minutes and change no figure. */
export const SHARED_PASSWORD = 'паром ушёл в 7:40';

/** The address of the person with this number, from 1. Who waits comes last. */
export const emailOf = (number: number): string => `resident-${number}@example.com`;

/** Rows of one statement: enough to be fast, few enough to see progress. */
const BATCH = 20_000;
const PEOPLE_A_COMPANY = 10;

const FAMILY = `(array['Вымышленный','Примеров','Образцов','Выдуманный','Несуществующий','Условный'])`;
const GIVEN = `(array['Иван','Пётр','Анна','Мария','Олег'])`;

/** ИНН of ten digits with a right check digit, so that forms and directories take it (order MM-7-6/435@). */
const INN = `(
  select base || (sum(weight * substr(base, place::int, 1)::int) % 11 % 10)
  from unnest(array[2,4,10,3,5,9,4,6,8]) with ordinality as weights (weight, place)
  group by base)`;

interface Statement {
  what: string;
  /** `$1` to `$2` are the numbers of the people of one batch. */
  sql: string;
  /** `$3`, where there is one. */
  third?: (population: Population, hash: string) => string | number;
}

const STATEMENTS: readonly Statement[] = [
  {
    what: 'accounts',
    third: (_, hash) => hash,
    sql: `
      insert into accounts (id, status, family_name, given_name, middle_name, locale, password_hash,
        password_changed_at, sessions_valid_after, created_at, updated_at)
      select md5('account ' || n)::uuid, 'active', ${FAMILY}[1 + n % 6], ${GIVEN}[1 + n % 5], null, 'ru', $3,
        at, at, at, at
      from generate_series($1::int, $2::int) n, lateral (select now() - n * interval '1 minute' as at) times
      on conflict do nothing`,
  },
  {
    what: 'addresses and phones',
    sql: `
      insert into identifiers (id, account_id, kind, value, canonical, proved_at)
      select md5(kind || n)::uuid, md5('account ' || n)::uuid, kind, name, name, now()
      from generate_series($1::int, $2::int) n, lateral (values
        ('email', 'resident-' || n || '@example.com'),
        ('phone', '+7909' || lpad(n::text, 7, '0'))) names (kind, name)
      on conflict do nothing`,
  },
  {
    what: 'companies',
    sql: `
      insert into companies (id, inn, kpp, name, name_source, updated_at)
      select md5('company ' || n)::uuid, inn, '780001001', 'ООО "Пример ' || n || '"', 'directory', now()
      from generate_series($1::int / ${PEOPLE_A_COMPANY}, $2::int / ${PEOPLE_A_COMPANY}) n,
        lateral (select '78' || lpad(n::text, 7, '0') as base) bases, lateral (select ${INN} as inn) numbers
      on conflict do nothing`,
  },
  {
    what: 'memberships',
    third: ({ accounts, waiting }) => accounts - waiting,
    sql: `
      insert into memberships (id, account_id, company_id, status, role, can_act, requested_at, decided_at,
        decided_by, expires_at, remind_at)
      select md5('membership ' || n)::uuid, md5('account ' || n)::uuid,
        md5('company ' || n / ${PEOPLE_A_COMPANY})::uuid, status, 'member', false, at,
        case status when 'approved' then now() end, case status when 'approved' then 'operator:bench' end,
        case status when 'requested' then now() + interval '30 days' end,
        case status when 'requested' then now() + interval '7 days' end
      from generate_series($1::int, $2::int) n,
        lateral (select case when n > $3::int then 'requested' else 'approved' end as status,
          now() - n * interval '1 minute' as at) facts
      on conflict do nothing`,
  },
];

/**
 * Writes the population into a migrated database; rows that are there stay.
 * @param note hears what is being written
 */
export async function populate(
  connection: Connection,
  population: Population,
  note: (line: string) => void,
): Promise<void> {
  const { accounts } = population;
  const passwords = createPasswordHasher({ workers: 1 });
  const hash = await passwords.hash(SHARED_PASSWORD).finally(() => passwords.close());
  for (const { what, sql, third } of STATEMENTS) {
    note(what);
    for (let first = 1; first <= accounts; first += BATCH) {
      const batch = [first, Math.min(accounts, first + BATCH - 1)];
      await connection.query(sql, third ? [...batch, third(population, hash)] : batch);
    }
  }
  // As autovacuum would in a minute.
  await connection.query('vacuum analyze');
}
