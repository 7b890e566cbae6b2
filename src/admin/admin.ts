/**
 * The operator's command line. It owns the words of the commands, how their results look, and the socket by
 * which a command reaches the server that holds the embedded database. What a command does belongs to accounts,
 * clients, audit and notifications; keys are handed in, because a flow never imports another flow.
 *
 * It speaks English, like the programs it stands beside in a script; what people wrote (names, reasons) is shown
 * as they wrote it.
 */
import type { Clock } from '../clock';
import type { Config } from '../config';
import type { Secrets } from '../secrets';
import type { Database, Row } from '../storage/tables';

/** The exit codes, for --help and docs/cli.md. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unavailable: 5,
} as const;

export const EXIT_MEANINGS: Record<keyof typeof EXIT, string> = {
  ok: 'done',
  failed: 'failed or refused; the audit chain is broken; nothing was confirmed',
  usage: 'the command line, a value or a file given to it cannot be used',
  notFound: 'what the command names does not exist',
  conflict: 'it stands against what is there already (id or e-mail taken, blocked already, …)',
  unavailable: 'the database or the server cannot be reached now; the same command may work later',
};

/** A command that ends otherwise than well: one sentence that says what to do, and the exit code. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(kind: keyof typeof EXIT, sentence: string) {
    super(sentence);
    this.name = 'Failure';
    this.exitCode = EXIT[kind];
  }
}

/** Thrown in place of tools when the whole command has run in the server: there is nothing left to do here. */
export class RanElsewhere extends Error {
  constructor(readonly exitCode: number) {
    super('the command ran in the server');
    this.name = 'RanElsewhere';
  }
}

/** Who sits in front of the command, wherever it runs: output, questions, files, and how to write times. */
export interface AdminIo {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Width that tables and help must fit. */
  columns: number;
  /** True when a person can answer a question. */
  interactive: boolean;
  colour: boolean;
  /** IANA name of the operator's time zone. */
  timeZone: string;
  /** The operating system's name for the operator. */
  operator: string;
  /** Asks yes or no. */
  ask(question: string): Promise<boolean>;
  /** Reads a file on the operator's side; `-` is the standard input. @throws Failure when it cannot be read or is longer than `limit` bytes. */
  readFile(path: string, limit: number): Promise<Buffer>;
  /** Writes a new file into a folder on the operator's side, made where there is none. @throws Failure */
  saveFile(folder: string, name: string, content: Buffer): Promise<void>;
}

export type KeyFacts = Pick<
  Row<'signingKeys'>,
  'kid' | 'alg' | 'state' | 'createdAt' | 'stateSince' | 'reason'
> & {
  /** When it leaves its state: a next key may sign, a current one is due, a previous one retires; null: never, or by hand. */
  until: Date | null;
};

/** The signing keys, as far as an operator deals with them. A running server takes a change up at once. */
export interface KeyControl {
  list(): Promise<KeyFacts[]>;
  /** Gives the moment from which it can be done when it is too early. */
  rotate(actor: string): Promise<Date | undefined>;
  /** Undefined when no such key is in use; `active`: signs now in place of a current key. */
  revoke(
    kid: string,
    by: { actor: string; reason: string },
  ): Promise<{ was: KeyFacts['state']; active: string | undefined } | undefined>;
  /** Seconds for which relying parties may go on with the keys they have taken. */
  maxAge: number;
}

/** What commands work with; a `Foundation` with the keys is enough. */
export interface AdminTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  config: Config;
  /** The folder views/, whose documents hold while none was published. */
  viewsDir: string;
  /** The paths that a registration may take. */
  registrationPaths: readonly string[];
  keys: KeyControl;
}

/** What surrounds one run of a command. */
export interface AdminContext {
  io: AdminIo;
  /**
   * Opens the database; a command asks for it before it does anything else, because on the embedded database the
   * answer may be that the server runs the command. `anySchema` also takes a database that needs migrations.
   * @throws Failure, RanElsewhere
   */
  tools(options?: { anySchema?: boolean }): Promise<AdminTools>;
  /** Reads the settings. @throws ConfigError */
  loadConfig(): Config;
  /** Starts the server; absent where the command runs inside one. */
  serve?(): Promise<void>;
}
