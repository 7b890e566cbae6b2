/** One run of the command line, in its own process or inside the server: arguments in, exit code out. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ConfigError } from '../config';
import { DataFolderBusy } from '../storage/embedded-lock';
import { unavailability } from '../storage/postgres';
import { EXIT, Failure, RanElsewhere, type AdminContext } from './admin';
import { exitCodeHelp, PROGRAM } from './command';
import { commandFiles } from './commands';
import { plain, plainLines } from './print/plain-text';

/**
 * Runs one command and gives its exit code. Every fault becomes one sentence on stderr.
 * @param argv what stands behind the program's name.
 */
export async function runCli(argv: readonly string[], context: AdminContext): Promise<number> {
  try {
    await buildProgram(context).parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    return explain(error, context);
  }
}

const AS = 'your name in the audit trail; without it the name of the user who runs this';
const OPERATOR = /^[\p{L}\p{N}][\p{L}\p{N} ._@'-]{0,63}$/u;

function readOperator(name: string): string {
  if (!OPERATOR.test(name))
    throw new InvalidArgumentError(
      "Give 1 to 64 letters, digits, spaces and . _ @ ' -, a letter or digit first.",
    );
  return name;
}

function buildProgram(given: AdminContext): Command {
  const context = { ...given, io: { ...given.io } };
  const { io } = context;
  const program = new Command(PROGRAM)
    .description('port.one ID: the server and everything an operator does with it')
    .option('--as <name>', AS, (name) => {
      io.operator = readOperator(name);
    })
    .addHelpText('before', `Example:\n  ${PROGRAM} accounts list --status blocked\n`)
    .addHelpText('after', exitCodeHelp())
    .exitOverride()
    .configureOutput({
      writeOut: io.stdout,
      writeErr: (text) => {
        io.stderr(plainLines(text));
      },
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
      outputError: (text, write) => {
        write(`${usageSentence(text)}\n`);
      },
      getOutHasColors: () => io.colour,
      getErrHasColors: () => false,
    });
  // Subcommands inherit the settings above only when they are made after them.
  for (const addCommands of commandFiles) addCommands(program, context);
  return program;
}

/** What commander says of a command line, as one line like every other fault. */
function usageSentence(text: string): string {
  const said = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  const [, missing] = /^required option '(.*)' not specified$/.exec(said) ?? [];
  if (missing !== undefined) return `Give ${missing}; --help shows an example.`;
  const sentence = said.charAt(0).toUpperCase() + said.slice(1);
  return /[.?!)]$/.test(sentence)
    ? `${sentence} --help shows an example.`
    : `${sentence}; --help shows an example.`;
}

function explain(error: unknown, { io }: AdminContext): number {
  const say = (sentence: string): void => {
    io.stderr(`${plain(sentence)}\n`);
  };
  if (error instanceof RanElsewhere) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Failure) {
    say(error.message);
    return error.exitCode;
  }
  if (error instanceof ConfigError) {
    io.stderr(`${plainLines(error.message)}\n`);
    return EXIT.failed;
  }
  if (error instanceof DataFolderBusy) {
    say(error.message);
    return EXIT.unavailable;
  }
  if (unavailability(error)) {
    say('The database cannot be reached; see that it runs and that DATABASE_URL is right, then try again.');
    return EXIT.unavailable;
  }
  const code = (error as { code?: unknown }).code;
  // What a driver says may quote the statement or its values; its code is enough to look the matter up.
  const hint = typeof code === 'string' ? ` (${code})` : error instanceof Error ? ` (${error.message})` : '';
  say(`The command failed by a fault of its own${hint}; please report it with the command that you gave.`);
  return EXIT.failed;
}
