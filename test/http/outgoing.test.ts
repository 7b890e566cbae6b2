/** Calls to addresses that others have named: which are made, and how they end. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressRefused, createOutgoing } from '../../src/http/outgoing/outgoing';

describe('outgoing calls', () => {
  let sink: Server;
  let port: number;
  let reached: string[];
  beforeAll(async () => {
    reached = [];
    sink = createServer((request, response) => {
      reached.push(request.url ?? '');
      if (request.url === '/big') response.end(Buffer.alloc(100_000));
      else if (request.url === '/on') response.writeHead(302, { location: '/elsewhere' }).end();
      else if (request.url === '/switch')
        request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      else if (request.url === '/until-closed') request.socket.end('HTTP/1.1 200 OK\r\n\r\nall of it');
      else if (request.url === '/cut')
        request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\npart');
      else if (request.url !== '/slow') response.end('here');
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    port = (sink.address() as AddressInfo).port;
  });
  afterAll(() => {
    sink.closeAllConnections();
    sink.close();
  });
  const networks = { includes: () => false };
  const limits = { deadlineMs: 10_000, maxBytes: 1000 };
  const resolveTo =
    (...addresses: string[]) =>
    () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

  it.each([
    ...['http://127.0.0.1', 'http://localhost', 'http://[::1]', 'http://0x7f.1', 'http://2130706433'],
    ...['https://169.254.169.254', 'https://10.0.0.1', 'https://[::ffff:127.0.0.1]', 'https://[fd00::1]'],
    ...['https://0.0.0.0', 'https://[::]', 'https://100.64.0.1', 'https://[64:ff9b::7f00:1]'],
  ])('attack 69: %s is not called', async (origin) => {
    const outgoing = createOutgoing({ loopback: false, networks });
    await expect(outgoing(`${origin}:${port}/x`, limits)).rejects.toThrow(AddressRefused);
    expect(reached).toEqual([]);
  });

  it('attack 69: a name is looked up once, and all that it answers must be allowed', async () => {
    const mixed = createOutgoing({
      loopback: false,
      networks,
      resolve: resolveTo('93.184.216.34', '127.0.0.1'),
    });
    await expect(mixed('https://rebind.example/', limits)).rejects.toThrow(AddressRefused);
    let asked = 0;
    const resolve = () => {
      asked += 1;
      return resolveTo(asked === 1 ? '127.0.0.1' : '10.0.0.1')();
    };
    const outgoing = createOutgoing({ loopback: true, networks, resolve });
    const answer = await outgoing(`http://rebind.example:${port}/once`, limits);
    expect([answer.body.toString(), asked]).toEqual(['here', 1]);
  });

  it('attack 69: end by the clock and by length, and are not led on', async () => {
    const outgoing = createOutgoing({ loopback: true, networks });
    const began = Date.now();
    await expect(
      outgoing(`http://127.0.0.1:${port}/slow`, { ...limits, deadlineMs: 300 }),
    ).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(Date.now() - began).toBeLessThan(8000);
    await expect(outgoing(`http://127.0.0.1:${port}/big`, limits)).rejects.toThrow('longer than 1000 bytes');
    expect((await outgoing(`http://127.0.0.1:${port}/on`, limits)).status).toBe(302);
    expect(reached).not.toContain('/elsewhere');
  });

  it('are looked up one after the other, and not at all when nobody waits any more', async () => {
    const asked: string[] = [];
    let speak = (): void => undefined;
    const silence = new Promise<void>((resolve) => {
      speak = resolve;
    });
    const outgoing = createOutgoing({
      loopback: true,
      networks,
      resolve: async (hostname) => {
        asked.push(hostname);
        if (hostname === 'silent.example') await silence;
        return resolveTo('127.0.0.1')();
      },
    });
    const call = (host: string, deadlineMs: number) =>
      outgoing(`http://${host}:${port}/named`, { ...limits, deadlineMs });
    const tired = ['silent.example', 'second.example', 'third.example'].map((host) => call(host, 200));
    const patient = call('patient.example', 20_000);
    for (const one of tired) await expect(one).rejects.toMatchObject({ name: 'TimeoutError' });
    speak();
    expect((await patient).body.toString()).toBe('here');
    expect(asked).toEqual(['silent.example', 'patient.example']);
  });

  it('end with every answer that a server can think of', async () => {
    const outgoing = createOutgoing({ loopback: true, networks });
    const patient = { ...limits, deadlineMs: 5000 };
    const whole = await outgoing(`http://127.0.0.1:${port}/until-closed`, patient);
    expect(whole.body.toString()).toBe('all of it');
    for (const path of ['/switch', '/cut'])
      await expect(outgoing(`http://127.0.0.1:${port}${path}`, patient)).rejects.not.toMatchObject({
        name: 'TimeoutError',
      });
  });
});
