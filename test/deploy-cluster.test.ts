/** What deploy/ holds for several nodes: the proxy, the manifests, the alerts and the dashboard agree with the product. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../src/config';
import { SETTINGS } from '../src/config/table';
import { addGauges } from '../src/node/gauges';
import { createMetrics } from '../src/http/server/metrics';
import { noticeOf } from '../src/node/server';
import { temporaryFolder } from './support/processes';
import { findHaproxy, localConfiguration } from './support/proxy';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const settingNames = Object.values(SETTINGS).map(({ name }) => name);

describe('haproxy.cfg', () => {
  it('is what HAProxy accepts', () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'haproxy.cfg');
    writeFileSync(file, localConfiguration(8443, 8080, [3001, 3002]));
    expect(() => execFileSync(findHaproxy() ?? '', ['-c', '-f', file], { stdio: 'pipe' })).not.toThrow();
    folder.remove();
  });

  it('leaves a node that stops before the node refuses anybody', () => {
    const [, fall = '', seconds = ''] =
      /default-server check inter (1s) .* fall (\d+) /.exec(read('deploy/haproxy.cfg')) ?? [];
    expect(fall).toBe('1s');
    expect(1000 * Number(seconds)).toBeLessThan(noticeOf({ environment: 'production' } as never));
  });

  it('says itself who sent a request, and asks for readiness', () => {
    const configuration = read('deploy/haproxy.cfg');
    expect(configuration).toContain('http-request set-header X-Forwarded-For %[src]');
    expect(configuration).not.toContain('option forwardfor');
    expect(configuration).toContain('uri /health/ready');
  });
});

describe('the manifests of Kubernetes', () => {
  const files = readdirSync(join(root, 'deploy/kubernetes'));
  const documents = files.flatMap((file) => read(`deploy/kubernetes/${file}`).split(/^---$/m));
  const kindOf = (document: string): string => /^kind: (\w+)$/m.exec(document)?.[1] ?? '';
  const only = (kind: string): string => {
    const found = documents.filter((document) => kindOf(document) === kind);
    expect(found).toHaveLength(1);
    return found[0] ?? '';
  };

  it('hold what a release needs', () => {
    expect(documents.map(kindOf).sort()).toEqual(
      'ConfigMap Deployment Ingress Job PodDisruptionBudget Secret Service Service'.split(' '),
    );
  });

  it('give only settings that the product reads, secrets as secrets, and enough for production', () => {
    const given = (kind: string, part: string): Record<string, string> => {
      const lines =
        only(kind)
          .split(`\n${part}:\n`)[1]
          ?.matchAll(/^ {2}(\w+): (.+)$/gm) ?? [];
      return Object.fromEntries(
        [...lines].map(([, name = '', value = '']) => [name, value.replaceAll("'", '')]),
      );
    };
    const [settings, secrets] = [given('ConfigMap', 'data'), given('Secret', 'stringData')];
    for (const name of [...Object.keys(settings), ...Object.keys(secrets)])
      expect(settingNames).toContain(name);
    for (const { name, secret } of Object.values(SETTINGS) as { name: string; secret?: boolean }[])
      if (secret) expect(Object.keys(settings)).not.toContain(name);
    expect(() => loadConfig({ NODE_ENV: 'production', ...settings, ...secrets })).not.toThrow();
  });

  it('ask the right question for each probe, and give a node time to end', () => {
    const nodes = only('Deployment');
    const pathOf = (probe: string): string | undefined =>
      new RegExp(`${probe}:[\\s\\S]*?path: (\\S+)`).exec(nodes)?.[1];
    expect(pathOf('readinessProbe')).toBe('/health/ready');
    expect(pathOf('livenessProbe')).toBe('/health/live');
    const grace = Number(/terminationGracePeriodSeconds: (\d+)/.exec(nodes)?.[1]);
    const before = Number(/command: \[sleep, '(\d+)'\]/.exec(nodes)?.[1]);
    const notice = Number(/SHUTDOWN_NOTICE: '(\d+)'/.exec(only('ConfigMap'))?.[1]);
    expect(grace).toBeGreaterThan(before + notice + 11);
    expect(nodes).toContain('maxUnavailable: 0');
    expect(nodes).toContain('readOnlyRootFilesystem: true');
  });

  it('start programs that exist', () => {
    const [, program = ''] = /command: \[node, (\S+), migrate\]/.exec(only('Job')) ?? [];
    expect(existsSync(join(root, program.replace(/^dist\//, '').replace(/\.js$/, '.ts')))).toBe(true);
  });

  it('name ports, services, settings and labels that are there', () => {
    const all = documents.join('\n');
    expect(only('Ingress')).toMatch(/service:\n\s+name: port-one-id\n/);
    for (const [, port = ''] of all.matchAll(/targetPort: (\S+)|port: (http|metrics)$/gm))
      if (port) expect(only('Deployment')).toContain(`- name: ${port}\n`);
    for (const [, kind = '', name = ''] of all.matchAll(/- (configMap|secret)Ref:\n\s+name: (\S+)/g))
      expect(only(kind === 'secret' ? 'Secret' : 'ConfigMap')).toContain(`  name: ${name}\n`);
    const labels = 'app.kubernetes.io/name: port-one-id\n    app.kubernetes.io/component: node';
    for (const document of documents.filter((one) => kindOf(one) === 'Service'))
      expect(document).toContain(labels);
  });
});

describe('alerts and dashboard', () => {
  it('ask for metrics that there are', async () => {
    const metrics = createMetrics();
    const pool = { totalCount: 0, idleCount: 0, waitingCount: 0, options: { max: 1 } };
    // Names are told whether or not there is a database.
    addGauges(metrics, { pool, passwords: { depth: () => 0 } } as never);
    const told = await metrics.text();
    const asked = read('deploy/monitoring/alerts.yaml') + read('deploy/monitoring/dashboard.json');
    const names = new Set(
      [...asked.matchAll(/\b(portone_id|nodejs|process)_\w+/g)].map(([name]) =>
        name.replace(/_(count|bucket)$/, ''),
      ),
    );
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) expect(told).toContain(`# HELP ${name} `);
  });

  it('are what Grafana and Prometheus can read', () => {
    const { panels } = JSON.parse(read('deploy/monitoring/dashboard.json')) as {
      panels: { id: number; targets: unknown[] }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.every(({ targets }) => targets.length > 0)).toBe(true);
    const rules = read('deploy/monitoring/alerts.yaml')
      .split(/^ {6}- alert: /m)
      .slice(1);
    expect(rules.length).toBeGreaterThan(8);
    for (const rule of rules) {
      for (const part of ['expr: ', 'severity: ', 'summary: ']) expect(rule).toContain(part);
    }
  });
});
