/** A request that the server would take, as it was found on a page or built from the metadata; the fuzz spoils it. */

export type Pair = readonly [name: string, value: string];

export interface Sample {
  /** Method and path, with what differs each time put as `*`: under this name it is counted. */
  name: string;
  method: string;
  /** Without a query. */
  path: string;
  query: readonly Pair[];
  /** Fields of the form; undefined where there is no body. */
  fields: readonly Pair[] | undefined;
  /** The form takes files. */
  multipart: boolean;
  /** Sent as JSON. */
  json: boolean;
  headers: readonly Pair[];
}

type Part = Partial<Sample> & Pick<Sample, 'method' | 'path'>;

export function sample(part: Part): Sample {
  return {
    ...{ query: [], fields: undefined, multipart: false, json: false, headers: [] },
    name: `${part.method} ${template(part.path)}`,
    ...part,
  };
}

/** Ids, tokens and numbers in a path are one endpoint. */
function template(path: string): string {
  return path
    .split('/')
    .map((part) => (/^\d+$|^[\w-]{20,}|^(client|registrant)-/.test(part) ? '*' : part))
    .join('/')
    .replace(/\*\.(png|wav)$/, '*.$1');
}
