/** A real reverse proxy (HAProxy) with the configuration of deploy/, only its ports and servers replaced. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, findProgram, startProcess, tail, temporaryFolder, until } from './processes';

export const PROXY_CONFIGURATION = join(__dirname, '..', '..', 'deploy', 'haproxy.cfg');

/** Debian keeps it where only root looks. */
const DEBIAN_PROGRAM = '/usr/sbin/haproxy';

export function findHaproxy(): string | undefined {
  return findProgram('haproxy') ?? (existsSync(DEBIAN_PROGRAM) ? DEBIAN_PROGRAM : undefined);
}

export interface Proxy {
  close(): Promise<void>;
}

/** Exactly one line of a text becomes another. @throws Error when there are none or several */
function replaceLine(text: string, line: RegExp, by: string): string {
  const found = text.match(new RegExp(line, 'gm')) ?? [];
  if (found.length !== 1)
    throw new Error(`${PROXY_CONFIGURATION} has ${found.length} lines like ${String(line)}`);
  return text.replace(new RegExp(line, 'm'), by);
}

/** The configuration for plain HTTP on a port of loopback; `spare` is a port for the redirect to https. */
export function localConfiguration(port: number, spare: number, nodes: readonly number[]): string {
  const plain = [
    [/^ {4}bind :80$/, `    bind 127.0.0.1:${spare}`],
    [/^ {4}bind :443 ssl .*$/, `    bind 127.0.0.1:${port}`],
    [/^ {4}server node2 .*\n/, ''],
    [
      /^ {4}server node1 .*$/,
      nodes.map((node, index) => `    server node${index + 1} 127.0.0.1:${node}`).join('\n'),
    ],
  ] as const;
  return plain.reduce(
    (text, [line, by]) => replaceLine(text, line, by),
    readFileSync(PROXY_CONFIGURATION, 'utf8'),
  );
}

/** Starts it before one port of loopback; each request goes to the next of the nodes. */
export async function startProxy(port: number, spare: number, nodes: readonly number[]): Promise<Proxy> {
  const program = findHaproxy() ?? DEBIAN_PROGRAM;
  const folder = temporaryFolder();
  const file = join(folder.path, 'haproxy.cfg');
  const log = join(folder.path, 'haproxy.log');
  writeFileSync(file, localConfiguration(port, spare, nodes));
  const proxy = startProcess([program, '-db', '-f', file], log);
  await until('haproxy to accept connections', async () => !proxy.alive() || (await accepts(port)));
  if (!proxy.alive()) throw new Error(`haproxy does not start: ${tail(log)}`);
  return {
    close: async () => {
      await proxy.stop('SIGKILL');
      folder.remove();
    },
  };
}
