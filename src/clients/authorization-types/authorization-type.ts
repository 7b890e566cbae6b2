/**
 * Types of authorization details (RFC 9396): what an API lets a relying party ask for in one piece, such as «ship goods of
 * warehouse 7 for at most 100,000». A definition says which fields there are and how people read each of them, so that
 * nothing is granted that was not on the page. Owns no request and no token.
 */
import { z } from 'zod';
import { detailsTypeName } from '../protocol';

const words = z.strictObject({
  ru: z.string().trim().min(1).max(200),
  en: z.string().trim().min(1).max(200),
});

const fieldName = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be of a-z, 0-9 and "_"');
const value = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,60}$/, 'must be of letters, digits, ".", "_", ":" and "-"');
const described = { text: words, optional: z.boolean().default(false) };

/** How a field is filled in, and when another value of it asks for less. */
const field = z.discriminatedUnion('kind', [
  /** A short line; only the same one is no more. */
  z.strictObject({ kind: z.literal('text'), max: z.number().int().min(1).max(200), ...described }),
  /** One of some words. */
  z.strictObject({ kind: z.literal('choice'), values: z.record(value, words), ...described }),
  /** Several of some words; fewer of them ask for less. */
  z.strictObject({ kind: z.literal('choices'), values: z.record(value, words), ...described }),
  /** A number not to go beyond; a lower one asks for less. */
  z.strictObject({
    kind: z.literal('limit'),
    max: z.number().min(0).max(1e12),
    decimals: z.number().int().min(0).max(6).default(0),
    ...described,
  }),
]);

/** Names that RFC 9396 §2.2 gives a meaning of its own. */
const RESERVED = ['type', 'locations', 'identifier', 'datatypes', 'privileges'];

/** What `resources add-type` reads. */
export const detailsDefinition = z.strictObject({
  type: detailsTypeName,
  text: words,
  fields: z
    .record(fieldName, field)
    .refine((fields) => Object.keys(fields).length <= 20, 'must be 20 fields at most')
    .refine(
      (fields) => RESERVED.every((name) => !Object.hasOwn(fields, name)),
      `must not be named ${RESERVED.join(', ')}`,
    )
    .refine(
      ({ actions }) => actions === undefined || actions.kind === 'choices',
      'must have choices for actions (RFC 9396 §2.2)',
    ),
});

export type DetailsDefinition = z.infer<typeof detailsDefinition>;
type Field = DetailsDefinition['fields'][string];

/** One piece of what is asked for. */
export interface Detail {
  [name: string]: unknown;
  type: string;
}

function valueOf(kind: Field): z.ZodType {
  switch (kind.kind) {
    case 'text':
      // What cannot be read on the page, or would be read as something else, is not asked for.
      return z
        .string()
        .min(1)
        .max(kind.max)
        .regex(/^[\p{L}\p{N}\p{P}\p{Sc}\p{Sm} ]*$/u)
        .refine((line) => line.trim() === line);
    case 'choice':
      return z.enum(Object.keys(kind.values));
    case 'choices': {
      const one = z.array(z.enum(Object.keys(kind.values)));
      return one.min(1).refine((list) => new Set(list).size === list.length);
    }
    case 'limit':
      return z
        .number()
        .min(0)
        .max(kind.max)
        .refine((number) => Number(number.toFixed(kind.decimals)) === number);
  }
}

/** The first thing wrong with a detail of this type at this API; undefined when it is sound. */
export function detailFault(
  { type, fields }: DetailsDefinition,
  resource: string,
  detail: Detail,
): string | undefined {
  const shape = Object.entries(fields).map(([name, kind]) => {
    const reads = valueOf(kind);
    return [name, kind.optional ? reads.optional() : reads] as const;
  });
  const whole = z.strictObject({
    ...Object.fromEntries(shape),
    type: z.literal(type),
    locations: z.tuple([z.literal(resource)]).optional(),
  });
  const [issue] = whole.safeParse(detail).error?.issues ?? [];
  if (!issue) return undefined;
  const where = issue.path[0] ?? (issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined);
  return `${String(where ?? type).slice(0, 60)} is not as the type ${type} says`;
}

function isWithin(kind: Field | undefined, asked: unknown, granted: unknown): boolean {
  if (kind?.kind === 'limit') return typeof asked === 'number' && asked <= Number(granted);
  if (kind?.kind === 'choices' && Array.isArray(asked) && Array.isArray(granted))
    return asked.every((one) => granted.includes(one));
  return JSON.stringify(asked) === JSON.stringify(granted);
}

/** Whether `asked` asks for nothing beyond `granted`; both are sound details of the type. A field left out may mean "any". */
export function isNoWider({ fields }: DetailsDefinition, asked: Detail, granted: Detail): boolean {
  const names = Object.keys({ ...asked, ...granted }).filter((name) => name !== 'locations');
  return names.every(
    (name) => name in asked && name in granted && isWithin(fields[name], asked[name], granted[name]),
  );
}

/** A detail as a person reads it. */
export interface ReadableDetail {
  title: string;
  facts: { name: string; value: string }[];
}

/** @param detail sound, as `detailFault` says */
export function readDetail(
  definition: DetailsDefinition,
  detail: Detail,
  locale: 'ru' | 'en',
): ReadableDetail {
  const facts = Object.entries(definition.fields)
    .filter(([name]) => detail[name] !== undefined)
    .map(([name, kind]) => ({ name: kind.text[locale], value: readValue(kind, detail[name], locale) }));
  return { title: definition.text[locale], facts };
}

function readValue(kind: Field, given: unknown, locale: 'ru' | 'en'): string {
  if (kind.kind === 'limit') return new Intl.NumberFormat(locale).format(Number(given));
  if (kind.kind === 'text') return String(given);
  const chosen = [given].flat().map((one) => kind.values[String(one)]?.[locale] ?? String(one));
  return chosen.join(', ');
}
