/**
 * Forms with files, on the routes that ask for them. Limits hold while the body streams in; what is over them is read
 * and thrown away, so that the browser gets a page and not a torn connection. Files stay in memory, so only a few such
 * forms are handled at once, and of one network address fewer. Token and origin are checked as of every form.
 */
import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { Refusal } from '../../errors';
import type { Context } from '../context';
import type { Form, Forms } from '../forms';
import { createPlaces } from '../places';

export interface UploadedFile {
  /** As the browser says; may be anything. */
  name: string;
  mediaType: string;
  bytes: Buffer;
}

export interface Received {
  form: Form;
  /** Of the field `files`; empty when there were too much of them. */
  files: UploadedFile[];
  excess?: 'too_large' | 'too_many';
}

export interface UploadLimits {
  /** Bytes of one file, and of all together. */
  file: number;
  total: number;
  files: number;
}

export interface Uploads {
  /**
   * Reads the form and hands it over; its place is taken until `handle` has ended.
   * @throws Refusal forged_form | bad_request | overloaded
   */
  receive<Result>(
    ctx: Context,
    purpose: string,
    handle: (received: Received) => Promise<Result>,
  ): Promise<Result>;
}

/**
 * With 25 MiB each, and once more while they are put together, about 300 MiB at worst. Whoever sends slowly must leave
 * room for others.
 */
const PLACES = { all: 6, ofOne: 3 };
const FIELD = 'files';
const FIELDS = 20;
const FIELD_SIZE = 8192;
/** Somebody may choose a whole folder of photos, and is told so; a program is not read to its end. */
const PARTS = 200;
/** What is read and thrown away of a body that is too large, as a multiple of what would fit. */
const PATIENCE = 4;

export function createUploads(forms: Forms, limits: UploadLimits): Uploads {
  const takePlace = createPlaces(PLACES);
  return {
    receive: async (ctx, purpose, handle) => {
      const leave = takePlace(ctx);
      try {
        const { fields, files, excess } = await parse(ctx.req, limits);
        ctx.request.body = fields;
        return await handle({ form: forms.read(ctx, purpose), files, excess });
      } finally {
        leave();
      }
    },
  };
}

interface Parsed {
  fields: Record<string, string>;
  files: UploadedFile[];
  excess?: Received['excess'];
}

function openParser(request: IncomingMessage, limits: UploadLimits): BusboyInstance {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) throw new Refusal('bad_request');
  try {
    return Busboy({
      headers: { ...request.headers, 'content-type': type },
      limits: {
        fields: FIELDS,
        fieldSize: FIELD_SIZE,
        fieldNameSize: 100,
        files: limits.files,
        fileSize: limits.file,
        parts: PARTS,
        headerPairs: 10,
        headerSize: FIELD_SIZE,
      },
    });
  } catch (error) {
    throw new Refusal('bad_request', undefined, { cause: error });
  }
}

function parse(request: IncomingMessage, limits: UploadLimits): Promise<Parsed> {
  const parser = openParser(request, limits);
  const parsed: Parsed = { fields: Object.create(null) as Record<string, string>, files: [] };
  return new Promise((resolve, reject) => {
    let total = 0;
    const end = (settle: () => void): void => {
      request.unpipe(parser);
      // Node reads the rest off the wire, and the answer gets through.
      request.resume();
      settle();
    };
    const fail = (error?: unknown): void => {
      end(() => {
        reject(new Refusal('bad_request', undefined, { cause: error }));
      });
    };
    const exceed = (excess: Received['excess']): void => {
      parsed.excess ??= excess;
      parsed.files = [];
    };
    parser.on('field', (name, value, nameCut, valueCut) => {
      if (nameCut || valueCut || name in parsed.fields) fail();
      else parsed.fields[name] = value;
    });
    parser.on('file', (field, stream, name, _encoding, mediaType) => {
      let chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        total += chunk.length;
        if (total > limits.total) exceed('too_large');
        if (parsed.excess) chunks = [];
        else chunks.push(chunk);
      });
      stream.on('limit', () => {
        exceed('too_large');
      });
      stream.on('error', fail);
      stream.on('end', () => {
        if (field !== FIELD) fail();
        // A browser sends an empty part without a name where no file was chosen.
        else if (!parsed.excess && (name || chunks.length > 0))
          parsed.files.push({ name: name || '', mediaType, bytes: Buffer.concat(chunks) });
      });
    });
    parser.on('filesLimit', () => {
      exceed('too_many');
    });
    parser.on('fieldsLimit', fail);
    parser.on('partsLimit', () => {
      exceed('too_many');
    });
    parser.on('error', fail);
    parser.on('finish', () => {
      end(() => {
        resolve(parsed);
      });
    });
    let read = 0;
    request.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read > limits.total * PATIENCE) fail();
    });
    request.on('error', fail);
    request.on('close', () => {
      // The browser went away in the middle, or the whole took longer than the server waits.
      if (!request.complete) fail();
    });
    // It may have gone away before anybody listened, and none of the above will ever happen.
    if (request.destroyed) fail();
    else request.pipe(parser);
  });
}
