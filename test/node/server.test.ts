/** WORKERS: several processes behind one port, which come back when they die and end together. */
import { readFileSync } from 'node:fs';
import { compileProgram, preparePremises, startProgram, type Premises, type Program } from '../http/program';
import { until } from '../support/processes';
import { freePort } from '../support/ports';

/** The processes whose parent this is. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

describe('several processes on one port', () => {
  let compiled: ReturnType<typeof compileProgram>;
  let premises: Premises;
  let program: Program;
  let metricsPort: number;

  beforeAll(async () => {
    compiled = compileProgram();
    metricsPort = await freePort(2);
    premises = await preparePremises('postgres', { WORKERS: '2', METRICS_PORT: String(metricsPort) });
    program = startProgram(compiled.main, premises.env, premises.folder);
    await program.ready();
  }, 180_000);
  afterAll(async () => {
    await program.kill('SIGKILL');
    await premises.close();
    compiled.remove();
  });

  const metricsOf = (number: number): Promise<string> =>
    fetch(`http://127.0.0.1:${metricsPort + number}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );

  it('each tells its own metrics: what waits, and how full things are', async () => {
    let [first, second] = ['', ''];
    await until(
      'both to tell',
      async () => {
        [first, second] = await Promise.all([metricsOf(0), metricsOf(1)]);
        return [first, second].every((text) => text.includes('portone_id'));
      },
      30,
    );
    for (const name of ['password_queue', 'database_waiting', 'database_limit', 'audit_unlinked'])
      expect(first).toMatch(new RegExp(`^portone_id_${name} \\d+$`, 'm'));
    const pid = (text: string): string | undefined => /process_start_time_seconds \S+/.exec(text)?.[0];
    expect(pid(second)).toBeDefined();
  });

  it('one that is killed comes back while the other serves, and all end at one signal', async () => {
    const before = childrenOf(program.pid);
    expect(before).toHaveLength(2);
    const [victim = 0] = before;
    process.kill(victim, 'SIGKILL');
    await until('another in its place', () => {
      const now = childrenOf(program.pid);
      return now.length === 2 && !now.includes(victim);
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${premises.issuer}/jwks`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const children = childrenOf(program.pid);
    expect(await program.kill('SIGTERM')).toBe(0);
    for (const pid of children) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(program.complaints()).toBe('');
  });
});
