/** The server as a process: killed in mid-sign-in, started twice, stopped in order. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { compileProgram, preparePremises, startProgram, type Premises, type Program } from '../http/program';
import { createAgent } from '../support/agent';
import { storageKinds } from '../support/database';
import { until } from '../support/processes';
import {
  authorizationRequest,
  follow,
  openSignIn,
  redeemCode,
  refreshTokens,
  signIn,
  submitSignIn,
} from '../support/relying-party';

let compiled: ReturnType<typeof compileProgram>;

beforeAll(() => {
  compiled = compileProgram();
}, 180_000);
afterAll(() => compiled.remove());

describe.each(storageKinds)('a killed server on %s', (kind) => {
  let premises: Premises;
  let program: Program;
  const start = async () => {
    program = startProgram(compiled.main, premises.env, premises.folder);
    await program.ready();
  };

  beforeAll(async () => {
    premises = await preparePremises(kind);
    await start();
  }, 180_000);
  afterAll(async () => {
    await program.kill('SIGKILL');
    await premises.close();
  });

  it('lets the same browser go on after a restart; sessions and tokens live', async () => {
    const { issuer, person, client } = premises;
    const party = createAgent(issuer);
    const codeOf = (back: URL) => back.searchParams.get('code') ?? '';

    const signedIn = createAgent(issuer);
    const first = authorizationRequest(client);
    const back = await signIn(signedIn, issuer, first, person);
    const tokens = await redeemCode(party, client, first, codeOf(back));
    expect(tokens.status).toBe(200);
    const second = authorizationRequest(client);
    const unredeemed = new URL(
      (await follow(signedIn, issuer, await signedIn.get(second.path))).location ?? '',
    );

    const halfWay = createAgent(issuer);
    const request = authorizationRequest(client);
    const opened = await openSignIn(halfWay, request);
    const wrong = await submitSignIn(halfWay, opened, { ...person, password: 'не тот пароль' });
    expect(wrong.status).toBe(422);
    const spent = createAgent(issuer);
    const spentPage = await openSignIn(spent, authorizationRequest(client));
    expect((await submitSignIn(spent, spentPage, { ...person, password: 'не тот' })).status).toBe(422);

    expect(await program.kill('SIGKILL')).toBeNull();
    await start();

    // The page that lies open in the browser is sent as it stands.
    const sent = await submitSignIn(halfWay, { ...wrong, path: opened.path }, person);
    expect(sent.status).toBe(303);
    const arrived = new URL((await follow(halfWay, issuer, sent)).location ?? '');
    expect(arrived.searchParams.get('state')).toBe(request.state);
    expect((await redeemCode(party, client, request, codeOf(arrived))).status).toBe(200);

    // What was spent before stays spent.
    const again = await submitSignIn(spent, spentPage, person);
    expect(again.status).toBe(422);
    expect((await spent.get(spentPage.path)).status).toBe(200);

    expect((await redeemCode(party, client, second, codeOf(unredeemed))).status).toBe(200);
    const third = authorizationRequest(client);
    const known = await follow(signedIn, issuer, await signedIn.get(third.path));
    expect(codeOf(new URL(known.location ?? ''))).not.toBe('');
    const authorization = { authorization: `Bearer ${String(tokens.json.access_token)}` };
    expect((await party.get('/userinfo', { headers: authorization })).status).toBe(200);
    const refreshed = await refreshTokens(party, client, String(tokens.json.refresh_token));
    expect(refreshed.status).toBe(200);
  }, 180_000);
});

interface Connection {
  socket: Socket;
  received(): string;
  /** Resolves when it is closed. */
  over: Promise<void>;
}

/** A connection on which a request is written piece by piece. */
async function openConnection(port: number, beginning: string): Promise<Connection> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('utf8')));
  socket.on('error', () => undefined);
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(beginning);
  // The server has to have seen it before it is told to stop: it answers others only after that.
  await sleep(200);
  for (let asked = 0; asked < 3; asked += 1) await fetch(`http://127.0.0.1:${port}/health/live`);
  return { socket, received: () => text, over };
}

describe('one process on one data folder', () => {
  let premises: Premises;
  let program: Program;

  beforeAll(async () => {
    premises = await preparePremises('embedded');
    program = startProgram(compiled.main, premises.env, premises.folder);
    await program.ready();
  }, 180_000);
  afterAll(async () => {
    await program.kill('SIGKILL');
    await premises.close();
  });

  it('refuses a second one in one sentence while the first goes on, and opens again after a kill', async () => {
    const second = startProgram(compiled.main, { ...premises.env, PORT: '1' }, premises.folder);
    expect(await second.ended).toBe(1);
    expect(second.complaints().trim()).toMatch(
      /^The data folder .* is in use by another process; stop that one, or set DATABASE_URL to run several\.$/,
    );
    expect((await fetch(`${premises.issuer}/jwks`)).status).toBe(200);
    await program.kill('SIGKILL');
    program = startProgram(compiled.main, premises.env, premises.folder);
    await program.ready();
    expect(program.complaints()).toBe('');
  }, 180_000);

  it('stops in order: not ready, finishes what is under way, takes nothing new, is gone within 15 s', async () => {
    const port = Number(premises.env.PORT);
    const head = `HTTP/1.1\r\nHost: localhost:${port}\r\n`;
    const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\n';
    const slow = await openConnection(port, `POST /token ${head}${form}grant_type=`);
    const endless = await openConnection(port, `POST /token ${head}${form}grant_type=`);
    const probe = await openConnection(port, `GET /health/ready ${head}`);

    const begun = performance.now();
    const ended = program.kill('SIGTERM');
    await sleep(500);
    probe.socket.write('Connection: close\r\n\r\n');
    await probe.over;
    expect(probe.received()).toMatch(/^HTTP\/1\.1 503 /);
    expect(probe.received()).toContain('"status":"not ready"');
    await expect(fetch(premises.issuer)).rejects.toThrow('fetch failed');

    slow.socket.write('client_credentials');
    await until('the slow request to be answered', () => slow.received() !== '');
    expect(slow.received()).toMatch(/^HTTP\/1\.1 400 /);
    expect(slow.received()).toContain('"error":"invalid_request"');

    expect(await ended).toBe(0);
    expect(performance.now() - begun).toBeLessThan(15_000);
    await endless.over;
    expect(endless.received()).toMatch(/^HTTP\/1\.1 503 /);
    expect(endless.received()).toMatch(/\r\nRetry-After: 1\r\n/i);
    expect(program.complaints()).toBe('');
  }, 180_000);
});
