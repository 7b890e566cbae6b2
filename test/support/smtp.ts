/** A mail server on loopback that keeps what it gets and fails on demand. */
import type { AddressInfo, Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { freePort } from './ports';

/**
 * `refuse`: nobody listens. `transient`, `permanent`: 451 or 550 to the recipient. `refuse_data`: 552 after the
 * text. `tarpit`: no answer to the recipient. `drop`: takes the text, then hangs up without a word.
 */
export type SmtpFault = 'refuse' | 'transient' | 'permanent' | 'refuse_data' | 'tarpit' | 'drop';

export interface ReceivedMail {
  /** Where the envelope said it goes. */
  recipients: string[];
  raw: string;
  mail: Email;
}

export interface SmtpSink {
  url: string;
  /** Accepted mails, oldest first. */
  mails: ReceivedMail[];
  /** Texts taken in but never acknowledged (`drop`). */
  dropped: ReceivedMail[];
  /** Makes every mail fail, or none again. */
  fail(fault: SmtpFault | undefined): Promise<void>;
  /** Makes mail to one address fail. */
  failFor(address: string, fault: SmtpFault): void;
  close(): Promise<void>;
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What the mail server keeps of a client; its types leave this out. */
interface Connection {
  session?: { id: string };
  _socket?: Socket;
}

interface SinkState {
  fault: SmtpFault | undefined;
  faultsByAddress: Map<string, SmtpFault>;
  mails: ReceivedMail[];
  dropped: ReceivedMail[];
}

function createServer(state: SinkState, password: string | undefined): SMTPServer {
  const recipientsOf = (session: SMTPServerSession): string[] =>
    session.envelope.rcptTo.map(({ address }) => address);
  const faultFor = (address = ''): SmtpFault | undefined => state.faultsByAddress.get(address) ?? state.fault;

  /** Takes the text in; the error to answer with, if any. Never settles after a hang-up. */
  async function keep(
    stream: AsyncIterable<unknown>,
    session: SMTPServerSession,
  ): Promise<Error | undefined> {
    const body = await readAll(stream);
    const recipients = recipientsOf(session);
    const received = { recipients, raw: body.toString('utf8'), mail: await PostalMime.parse(body) };
    const fault = faultFor(recipients[0]);
    if (fault === 'refuse_data') return smtpError(552, '5.3.4 message too big');
    if (fault === 'drop') {
      state.dropped.push(received);
      hangUp(session.id);
      return new Promise(() => undefined);
    }
    state.mails.push(received);
    return undefined;
  }

  function hangUp(sessionId: string): void {
    for (const connection of server.connections as Set<Connection>) {
      if (connection.session?.id === sessionId) connection._socket?.destroy();
    }
  }

  const server: SMTPServer = new SMTPServer({
    disabledCommands: password === undefined ? ['AUTH', 'STARTTLS'] : ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ username, password: given }, _session, done) {
      if (given === password) done(null, { user: username });
      else done(smtpError(535, '5.7.8 wrong user or password'));
    },
    disableReverseLookup: true,
    closeTimeout: 100,
    onRcptTo({ address }, _session, done) {
      const fault = faultFor(address);
      if (fault === 'tarpit') return;
      if (fault === 'transient') done(smtpError(451, `4.3.0 <${address}> try again later`));
      else if (fault === 'permanent') done(smtpError(550, `5.1.1 <${address}> no such mailbox`));
      else done();
    },
    onData(stream, session, done) {
      // A client that hangs up in the middle has sent nothing.
      void keep(stream, session).then(done, () => undefined);
    },
  });
  server.on('error', () => undefined);
  return server;
}

const listen = (server: SMTPServer, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.server.address() as AddressInfo).port));
  });

const shut = (server: SMTPServer): Promise<void> =>
  new Promise((resolve) => void server.close(() => resolve()));

/** Opens a mail server on a free port of 127.0.0.1; with a password it asks every client for it. */
export async function openSmtpSink(password?: string): Promise<SmtpSink> {
  const state: SinkState = { fault: undefined, faultsByAddress: new Map(), mails: [], dropped: [] };
  let server: SMTPServer | undefined = createServer(state, password);
  const port = await listen(server, await freePort());

  return {
    url: `smtp://127.0.0.1:${port}`,
    mails: state.mails,
    dropped: state.dropped,
    async fail(fault) {
      state.fault = fault;
      if (fault === 'refuse' && server) {
        await shut(server);
        server = undefined;
      } else if (fault !== 'refuse' && !server) {
        server = createServer(state, password);
        await listen(server, port);
      }
    },
    failFor(address, fault) {
      state.faultsByAddress.set(address, fault);
    },
    async close() {
      if (server) await shut(server);
    },
  };
}
