/** JSON lines on stdout. Secrets never reach a line: callers log ids and codes, and the paths below are cut as a net. */
import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';

export type { Logger };

const REDACTED = ['password', 'token', 'code', 'secret', 'cookie', 'authorization', 'email', 'phone'];

/**
 * @param level least severity that is written.
 * @param to where the lines go; stdout unless given.
 */
export function createLogger(level: string, to?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    serializers: { err: errorLine },
  };
  return to ? pino(options, to) : pino(options);
}

/** What a log says of an error: no SQL parameters, no request, bounded text. */
function errorLine(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error).slice(0, 500) };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message.slice(0, 500),
    ...(typeof code === 'string' ? { errorCode: code } : {}),
    stack: error.stack?.slice(0, 4000),
    ...(error.cause === undefined ? {} : { cause: errorLine(error.cause) }),
  };
}
