import { InvalidArgumentError, type Command } from 'commander';
import {
  DOCUMENT_NAMES,
  isDocumentName,
  isRequired,
  isVersion,
  plainText,
  textHash,
  type DocumentName,
  type PublishedDocument,
} from '../../../consents/document';
import { readCurrent, readShipped } from '../../../consents/documents';
import { publishDocument } from '../../../consents/publish-document';
import { countOutdated, findDocument, keepShipped, listDocumentVersions } from '../../../consents/store';
import { Failure, type AdminContext, type AdminTools } from '../../admin';
import { addLeaf, addNoun, confirm, startRun, type AddCommands } from '../../command';

interface Answer {
  json?: true;
}

/** `documents`: the texts that people agree to, in versions. */
export const addDocuments: AddCommands = (program, context) => {
  const documents = addNoun(program, 'documents', {
    summary: 'terms, consent to process personal data, consent to advertising; in versions',
    examples: ['documents list'],
  });
  addPublish(documents, context);
  addList(documents, context);
  addShow(documents, context);
};

export function readDocumentName(text: string): DocumentName {
  if (!isDocumentName(text)) throw new InvalidArgumentError(`Give one of ${DOCUMENT_NAMES.join(', ')}.`);
  return text;
}

function readVersion(text: string): string {
  if (!isVersion(text))
    throw new InvalidArgumentError('Give up to 40 letters, digits, ".", "_" and "-", such as 2026-12-01.');
  return text;
}

const MAX_TEXT = 256 * 1024;

async function readText({ io }: AdminContext, path: string): Promise<string> {
  const bytes = await io.readFile(path, MAX_TEXT);
  let text: string;
  try {
    text = plainText(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Failure('usage', `${path} is not a text in UTF-8.`);
  }
  if (text.includes('\0')) throw new Failure('usage', `${path} is not a text.`);
  if ((text.split('\n', 1)[0] ?? '').trim() === '')
    throw new Failure('usage', `The first line of ${path} must be the title of the document.`);
  return text;
}

const documentJson = (row: PublishedDocument, current: boolean) => ({
  name: row.name,
  version: row.version,
  current,
  required: row.required,
  source: row.shipped ? 'program' : 'published',
  text_hash: row.textHash,
  has_english: row.textEn !== null,
  published_at: row.publishedAt,
  published_by: row.publishedBy,
});

function addPublish(documents: Command, context: AdminContext): void {
  addLeaf(documents, 'publish <name>', {
    summary: 'make a text the current version; who agreed to another one is asked at the next sign-in',
    examples: [
      'documents publish terms --ru terms.ru.txt --en terms.en.txt --version 2026-12-01',
      'documents publish personal_data --ru consent.txt --yes',
    ],
  })
    .requiredOption('--ru <file>', 'the Russian text, which decides; its first line is the title')
    .option('--en <file>', 'its translation; without one English readers see the Russian text')
    .option('--version <version>', 'what it is called; left out: the first signs of its hash', readVersion)
    .option('--yes', 'do not ask')
    .action(
      async (word: string, options: Answer & { ru: string; en?: string; version?: string; yes?: true }) => {
        const { tools, actor, print } = await startRun(context);
        const name = documentName(word);
        await keepShipped(tools.db, readShipped(tools.viewsDir), tools.clock.now());
        const ru = await readText(context, options.ru);
        const en = options.en === undefined ? null : await readText(context, options.en);
        const asked = isRequired(name) ? await countOutdated(tools.db, name, textHash(ru)) : 0;
        await confirm(
          context,
          options.yes,
          `${asked} people will have to agree to it at their next sign-in.`,
        );
        const published = await publishDocument(tools, { name, ru, en, version: options.version }, actor);
        if (!published) {
          throw new Failure(
            'conflict',
            'This version of the document is there already; give another with --version.',
          );
        }
        if (options.json) print.json(documentJson(published, true));
        else
          print.line(`${name} ${published.version} holds within 5 seconds; ${asked} people will be asked.`);
      },
    );
}

/** @throws Failure for a word that is no document */
export function documentName(word: string): DocumentName {
  if (isDocumentName(word)) return word;
  throw new Failure('usage', `${word} is no document; give one of ${DOCUMENT_NAMES.join(', ')}.`);
}

/** Every version with whether it is the current one; what stands beside the program counts, too. */
async function listVersions({ db, clock, viewsDir }: AdminTools) {
  const shipped = readShipped(viewsDir);
  await keepShipped(db, shipped, clock.now());
  const current = await readCurrent(db, shipped);
  const isCurrent = (row: PublishedDocument): boolean =>
    current.some(({ name, version }) => name === row.name && version === row.version);
  return (await listDocumentVersions(db)).map((row) => ({ row, current: isCurrent(row) }));
}

function addList(documents: Command, context: AdminContext): void {
  addLeaf(documents, 'list', {
    summary: 'every version, newest first',
    examples: ['documents list', 'documents list --json'],
  }).action(async ({ json }: Answer) => {
    const { tools, print } = await startRun(context);
    const versions = await listVersions(tools);
    if (json) {
      print.json({ items: versions.map(({ row, current }) => documentJson(row, current)) });
      return;
    }
    print.table(versions, [
      { title: 'NAME', cell: ({ row }) => row.name },
      { title: 'VERSION', cell: ({ row }) => row.version },
      { title: 'STATE', cell: ({ current }) => (current ? 'current' : 'earlier') },
      { title: 'FROM', cell: ({ row }) => (row.shipped ? 'program' : row.publishedBy) },
      print.timeColumn('SINCE', ({ row }) => row.publishedAt),
    ]);
  });
}

function addShow(documents: Command, context: AdminContext): void {
  addLeaf(documents, 'show <name>', {
    summary: 'the text of a version',
    examples: ['documents show terms', 'documents show terms --version 2026-12-01 --lang en'],
  })
    .option('--version <version>', 'left out: the current one', readVersion)
    .option('--lang <language>', 'ru or en', 'ru')
    .action(async (word: string, { json, version, lang }: Answer & { version?: string; lang: string }) => {
      const { tools, print } = await startRun(context);
      const name = documentName(word);
      const versions = await listVersions(tools);
      const wanted =
        version ?? versions.find(({ row, current }) => row.name === name && current)?.row.version ?? '';
      const row = await findDocument(tools.db, name, wanted);
      if (!row)
        throw new Failure('notFound', `There is no version ${wanted} of ${name}; documents list shows them.`);
      const current = versions.some((one) => one.row.number === row.number && one.current);
      const { textRu, textEn } = row;
      if (json) print.json({ ...documentJson(row, current), text: { ru: textRu, en: textEn } });
      else for (const line of (lang === 'en' ? (textEn ?? textRu) : textRu).split('\n')) print.line(line);
    });
}
