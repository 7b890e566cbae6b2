/** What /metrics tells beside requests: what waits, for how long, and how full things are. Asked at each scrape. */
import type { PasswordHasher } from '../accounts/passwords';
import { countUnlinked } from '../audit/store';
import type { Foundation } from '../foundation';
import type { Metrics } from '../http/server/metrics';
import { measureOutbox } from '../notifications/store';

/** Numbers of the database are the same at every node; numbers of the process are its own. */
export function addGauges(
  metrics: Metrics,
  { db, clock, pool, passwords }: Foundation & { passwords: PasswordHasher },
): void {
  metrics.gauge('password_queue', 'Passwords waiting or being hashed', () => passwords.depth());
  metrics.gauge('database_connections', 'Open database connections', () => pool.totalCount);
  metrics.gauge('database_idle', 'Database connections that nobody uses', () => pool.idleCount);
  metrics.gauge('database_waiting', 'Requests waiting for a database connection', () => pool.waitingCount);
  metrics.gauge('database_limit', 'Database connections that may be open', () => pool.options.max);
  metrics.gauge('audit_unlinked', 'Audit rows that are not in the chain yet', () => countUnlinked(db));
  const outbox = () => measureOutbox(db, clock.now());
  metrics.gauges('outbox_waiting', 'Messages that wait to be sent', 'channel', async () =>
    (await outbox()).map(({ channel, waiting }) => [channel, waiting]),
  );
  metrics.gauges('outbox_age_seconds', 'Age of the oldest message that is due', 'channel', async () =>
    (await outbox()).map(({ channel, ageSeconds }) => [channel, ageSeconds]),
  );
}
