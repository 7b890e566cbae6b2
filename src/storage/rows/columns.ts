import type { ColumnType } from 'kysely';

/** Given by the database where nobody says when; never changed. */
export type CreatedAt = ColumnType<Date, Date | undefined, never>;
