/**
 * Many people of fiction, written by the database itself: accounts with proved names and one password, what they agreed
 * to, companies, approved members and waiting applications, powers of attorney, logins of an older portal. The same
 * numbers give the same rows, times apart.
 */
import { join } from 'node:path';
import { createPasswordHasher } from '../../src/accounts/passwords';
import { readShipped } from '../../src/consents/documents';

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

/** People of one statement: enough to be fast, few enough to see progress. */
const BATCH = 50_000;
const PEOPLE_A_COMPANY = 10;
/** One member in so many has brought a power of attorney, and one a login of an older portal. */
const ONE_IN = 10;

const FAMILY = `(array['Вымышленный','Примеров','Образцов','Выдуманный','Несуществующий','Условный'])`;
const GIVEN = `(array['Иван','Пётр','Анна','Мария','Олег'])`;

/** ИНН of ten digits with a right check digit, so that forms and directories take it (order MM-7-6/435@). */
const INN = `(
  select base || (sum(weight * substr(base, place::int, 1)::int) % 11 % 10)
  from unnest(array[2,4,10,3,5,9,4,6,8]) with ordinality as weights (weight, place)
  group by base)`;

interface Statement {
  /** `$1` to `$2` are the numbers of the people of one batch. */
  sql: string;
  /** `$3`, where there is one. */
  third?: (population: Population, hash: string) => unknown;
}

/** Everybody agreed to the texts beside the program, so that nobody is asked at a sign-in. */
function requiredDocuments(): string {
  const documents = readShipped(join(__dirname, '..', '..', 'views')).filter(({ required }) => required);
  return JSON.stringify(documents.map(({ name, version, textHash }) => ({ name, version, hash: textHash })));
}

const STATEMENTS: readonly Statement[] = [
  {
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
    sql: `
      insert into identifiers (id, account_id, kind, value, canonical, proved_at)
      select md5(kind || n)::uuid, md5('account ' || n)::uuid, kind, name, name, now()
      from generate_series($1::int, $2::int) n, lateral (values
        ('email', 'resident-' || n || '@example.com'),
        ('phone', '+7909' || lpad(n::text, 7, '0'))) names (kind, name)
      on conflict do nothing`,
  },
  {
    third: requiredDocuments,
    sql: `
      insert into consents (id, account_id, document, version, text_hash, at, address, user_agent)
      select md5(name || n)::uuid, md5('account ' || n)::uuid, name, version, hash, now() - n * interval '1 minute',
        '203.0.113.' || n % 250, 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0.0.0 Safari/537.36'
      from generate_series($1::int, $2::int) n,
        jsonb_to_recordset($3::jsonb) as documents (name text, version text, hash text)
      on conflict do nothing`,
  },
  {
    sql: `
      insert into companies (id, inn, kpp, name, name_source, updated_at)
      select md5('company ' || n)::uuid, inn, '780001001', 'ООО "Пример ' || n || '"', 'directory', now()
      from generate_series($1::int / ${PEOPLE_A_COMPANY}, $2::int / ${PEOPLE_A_COMPANY}) n,
        lateral (select '78' || lpad(n::text, 7, '0') as base) bases, lateral (select ${INN} as inn) numbers
      on conflict do nothing`,
  },
  {
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
  {
    third: ({ accounts, waiting }) => accounts - waiting,
    sql: `
      insert into powers_of_attorney (id, membership_id, kind, state, added_at, valid_until, decided_at, decided_by)
      select md5('power ' || n)::uuid, md5('membership ' || n)::uuid, 'scan', state, now() - interval '2 days',
        case state when 'accepted' then now() + interval '1 year' end,
        case state when 'accepted' then now() end, case state when 'accepted' then 'operator:bench' end
      from generate_series($1::int, $2::int) n,
        lateral (select case when n > $3::int then 'attached' else 'accepted' end as state) facts
      where n % ${ONE_IN} = 0
      on conflict do nothing`,
  },
  {
    // Nobody reads them: there is a row for each, and no bytes.
    sql: `
      insert into power_files (id, power_id, position, part, storage_key, media_type, original_name, size, sha256)
      select md5('file ' || page || ' ' || n)::uuid, md5('power ' || n)::uuid, page, 'page',
        'bench-' || md5('key ' || page || ' ' || n), 'image/jpeg', 'скан-' || page || '.jpg', 400000,
        md5('a' || n) || md5('b' || n)
      from generate_series($1::int, $2::int) n, generate_series(1, 2) page
      where n % ${ONE_IN} = 0
      on conflict do nothing`,
  },
  {
    sql: `
      insert into legacy_links (id, account_id, portal, login, login_key, status, confirmed_by, requested_at, decided_at)
      select md5('link ' || n)::uuid, md5('account ' || n)::uuid, 'bench', 'user' || n, 'user' || n, 'confirmed',
        'password', now(), now()
      from generate_series($1::int, $2::int) n
      where n % ${ONE_IN} = 1
      on conflict do nothing`,
  },
];

/**
 * Writes the population into a migrated database; rows that are there stay.
 * @param connections share the work, one batch of people at a time each
 * @param note hears how far it is
 */
export async function populate(
  connections: readonly [Connection, ...Connection[]],
  population: Population,
  note: (line: string) => void,
): Promise<void> {
  const { accounts } = population;
  const passwords = createPasswordHasher({ workers: 1 });
  const hash = await passwords.hash(SHARED_PASSWORD).finally(() => passwords.close());
  let next = 1;
  const write = async (connection: Connection): Promise<void> => {
    while (next <= accounts) {
      const first = next;
      next += BATCH;
      const last = Math.min(accounts, first + BATCH - 1);
      for (const { sql, third } of STATEMENTS)
        await connection.query(sql, third ? [first, last, third(population, hash)] : [first, last]);
      note(`${last} people of ${accounts}`);
    }
  };
  await Promise.all(connections.map(write));
  // As autovacuum would in a minute.
  await connections[0].query('vacuum analyze');
}
