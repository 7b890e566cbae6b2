/** What the bench tells the test files, through one environment variable that workers inherit. */
export interface Coordinates {
  /** The shared Postgres: URL of its maintenance database, and the name of the migrated template. */
  postgresUrl: string;
  templateDatabase: string;
  /** The shared Redis, without a database number. */
  redisUrl: string;
  /** File with a migrated embedded data folder (tar). */
  embeddedTemplate: string;
  /** The browser's program. */
  chromium: string;
}

const VARIABLE = 'PORT_ONE_ID_TEST_BENCH';

export function publish(coordinates: Coordinates): void {
  process.env[VARIABLE] = JSON.stringify(coordinates);
}

/** @throws Error outside of `npm test`. */
export function coordinates(): Coordinates {
  const text = process.env[VARIABLE];
  if (!text) throw new Error('the test bench is not running: start tests with npm test');
  return JSON.parse(text) as Coordinates;
}
