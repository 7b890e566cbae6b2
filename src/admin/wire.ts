/**
 * What a command and the server that runs it say to each other over the admin socket: one JSON object a line,
 * of limited length. The command's side shows and answers; the server's side runs. One command a connection.
 */
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';

export const fromCommand = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run'),
    protocol: z.literal(1),
    argv: z.array(z.string().max(20_000)).max(500),
    columns: z.number().int().min(40).max(1000),
    colour: z.boolean(),
    interactive: z.boolean(),
    timeZone: z.string().max(64),
    operator: z.string().max(100),
  }),
  z.strictObject({ type: z.literal('answer'), yes: z.boolean() }),
  // A file comes in parts of bounded length; `file` is the last one.
  z.strictObject({ type: z.literal('file_part'), content: z.base64() }),
  z.strictObject({ type: z.literal('file'), content: z.base64() }),
  z.strictObject({ type: z.literal('no_file'), reason: z.string().max(1000) }),
  z.strictObject({ type: z.literal('saved') }),
]);

export const fromServer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('stdout'), text: z.string() }),
  z.strictObject({ type: z.literal('stderr'), text: z.string() }),
  z.strictObject({ type: z.literal('ask'), question: z.string() }),
  z.strictObject({ type: z.literal('read'), path: z.string(), limit: z.number().int() }),
  z.strictObject({ type: z.literal('save_part'), content: z.base64() }),
  z.strictObject({ type: z.literal('save'), folder: z.string(), name: z.string(), content: z.base64() }),
  z.strictObject({ type: z.literal('exit'), code: z.number().int().min(0).max(255) }),
]);

export type FromCommand = z.infer<typeof fromCommand>;
export type FromServer = z.infer<typeof fromServer>;

/** Bytes of a file in one message. */
export const FILE_PART = 1024 * 1024;

/** Characters of one line: a part of a file in base64 fits; so does a page of any list. */
export const MAX_LINE = { fromCommand: 2 * 1024 * 1024, fromServer: 16 * 1024 * 1024 };

export function send(socket: Socket, message: FromCommand | FromServer): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Hands every message to `take`; a line that is too long or means nothing ends the connection. */
export function receive<Message>(
  socket: Socket,
  schema: z.ZodType<Message>,
  maxLine: number,
  take: (message: Message) => void,
): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = line.length > maxLine ? undefined : parse(schema, line);
      if (message === undefined) {
        socket.destroy();
        return;
      }
      take(message);
    }
    if (rest.length > maxLine) socket.destroy();
  });
}

function parse<Message>(schema: z.ZodType<Message>, line: string): Message | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
