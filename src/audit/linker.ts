/** The worker that links new rows every second; each node runs one. */
import type { Secrets } from '../secrets';
import type { Database } from '../storage/tables';
import { linkEvents } from './chain';

export interface AuditLinker {
  start(): void;
  /** Resolves once the batch under way, if any, is done. */
  stop(): Promise<void>;
}

export interface AuditLinkerOptions {
  db: Database;
  secrets: Secrets;
  /** Hears of every failed turn; the next turn tries again. */
  onError: (error: unknown) => void;
  intervalMs?: number;
}

export function createAuditLinker({
  db,
  secrets,
  onError,
  intervalMs = 1000,
}: AuditLinkerOptions): AuditLinker {
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<unknown> | undefined;

  const turn = (): void => {
    // A slow turn is not overtaken: on a busy database turns would pile up behind each other.
    underWay ??= linkEvents(db, secrets)
      .catch(onError)
      .finally(() => {
        underWay = undefined;
      });
  };

  return {
    start() {
      timer ??= setInterval(turn, intervalMs).unref();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await underWay;
    },
  };
}
