// The directions of imports, and who reads the environment: Biome, as configured, must refuse what breaks them.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_DIRECTORY } from './support/paths.ts';

const IMPORTS = 'lint/style/noRestrictedImports';
const ENVIRONMENT = 'lint/style/noProcessEnv';
const use = (module: string): string => `import { x } from '${module}';\n\nx();\n`;

/** Folder, and what a file in it may import. */
const ALLOWED: readonly (readonly [folder: string, code: string])[] = [
  ['workers/contract', use('./streams.ts')],
  ['workers/contract', use('yaml')],
  ['workers/contract', use('node:crypto')],
  ['workers/runtime', use('../contract/streams.ts')],
  ['workers/runtime', "import { connect } from 'nats';\n\nconnect(process.env.X);\n"],
  ['workers/runtime', "import { MongoClient } from 'mongodb';\n\nnew MongoClient();\n"],
  ['workers/rss-exporter', use('./fetch.ts')],
  ['workers/rss-exporter', use('../contract/streams.ts')],
  ['workers/rss-exporter', use('../runtime/worker.ts')],
  ['workers/rss-exporter', "import { headers, type NatsConnection } from 'nats';\n\nheaders<NatsConnection>();\n"],
  ['workers/rss-exporter', "import { exit } from 'node:process';\n\nexit();\n"],
  ['workers/newsroom/desks', use('../words.ts')],
  ['workers/newsroom/desks', use('../../contract/identity.ts')],
  ['workers/newsroom/desks', use('../../runtime/log.ts')],
  ['workers/newsroom/desks/far', use('../../words.ts')],
  ['workers/newsroom/desks/far', use('../../../contract/identity.ts')],
  // Those who issue certificates.
  ['workers/certs', use('../../certs/authority.ts')],
  ['workers/certs', use('../runtime/kubernetes.ts')],
  ['workers/operator', use('../../certs/authority.ts')],
  ['workers/operator/certificates', use('../../../certs/authority.ts')],
  // The operator synthesizes.
  ['workers/operator', use('../../cdk8s/settings.ts')],
  ['workers/operator/news-sources', use('../../../cdk8s/synthesis.ts')],
  ['workers/operator/news-sources', use('../../../cdk8s/versions.ts')],
  ['workers/runtime', "import { KubeConfig } from '@kubernetes/client-node';\n\nnew KubeConfig();\n"],
  ['workers/operator', "import { CoreV1Api } from '@kubernetes/client-node';\n\nnew CoreV1Api();\n"],
  ['cdk8s', use('../workers/contract/topology.ts')],
  ['cdk8s', use('../certs/store.ts')],
  ['cdk8s', use('./nats/conf.ts')],
  ['cdk8s/nats', use('../../workers/contract/topology.ts')],
  ['cdk8s/nats', use('../../certs/server-names.ts')],
  ['cdk8s/charts', use('../nats/conf.ts')],
  ['certs', use('../workers/contract/topology.ts')],
  ['local', use('../workers/contract/topology.ts')],
  ['local', use('../certs/store.ts')],
  ['local', use('../cdk8s/nats/server-config.ts')],
  ['local', use('../cdk8s/rules/rules.ts')],
  ['local', 'console.log(process.env.X);\n'],
  ['kind', use('../cdk8s/synthesis.ts')],
  ['kind', use('../local/terminal.ts')],
  ['test/integration', use('../../workers/rss-exporter/fetch.ts')],
  ['workers/rss-exporter/testing', use('../../newsroom/server.ts')],
];

const REFUSED: readonly (readonly [folder: string, code: string, rule: string])[] = [
  ['workers/contract', use('../runtime/log.ts'), IMPORTS],
  ['workers/contract', use('../../certs/store.ts'), IMPORTS],
  ['workers/contract', 'console.log(process.env.X);\n', ENVIRONMENT],
  ['workers/runtime', use('../rss-exporter/fetch.ts'), IMPORTS],
  ['workers/runtime', use('../../local/ports.ts'), IMPORTS],
  ['workers/rss-exporter', use('../rss-consumer/rss.ts'), IMPORTS],
  ['workers/rss-exporter', use('../newsroom/server.ts'), IMPORTS],
  ['workers/newsroom', use('../bootstrap/streams.ts'), IMPORTS],
  ['workers/bootstrap', use('../newsroom/server.ts'), IMPORTS],
  ['workers/a-new-one', use('../rss-exporter/fetch.ts'), IMPORTS],
  ['workers/rss-exporter', use('../../cdk8s/nats/conf.ts'), IMPORTS],
  ['workers/rss-exporter', use('../../certs/store.ts'), IMPORTS],
  ['workers/rss-exporter', use('../../local/ports.ts'), IMPORTS],
  ['workers/rss-exporter', use('../../test/support/paths.ts'), IMPORTS],
  ['workers/rss-exporter', use('../../build.mjs'), IMPORTS],
  ['workers/certs', use('../../cdk8s/secret-plan.ts'), IMPORTS],
  ['workers/operator', use('../certs/secrets.ts'), IMPORTS],
  ['workers/operator/certificates', use('../../certs/secrets.ts'), IMPORTS],
  ['workers/operator/certificates', use('../../../cdk8s/secret-plan.ts'), IMPORTS],
  ['workers/operator', use('../../cdk8s/charts/nats.ts'), IMPORTS],
  ['workers/operator/news-sources', use('../../../cdk8s/charts/nats.ts'), IMPORTS],
  ['workers/certs', use('../../cdk8s/synthesis.ts'), IMPORTS],
  ['workers/news-monitor', use('../../cdk8s/synthesis.ts'), IMPORTS],
  ['workers/operator', "import { KubeConfig } from '@kubernetes/client-node';\n\nnew KubeConfig();\n", IMPORTS],
  // Other ways of importing the same.
  ['workers/rss-exporter', "import '../newsroom/main.ts';\n", IMPORTS],
  ['workers/rss-exporter', "export { x } from '../newsroom/server.ts';\n", IMPORTS],
  ['workers/rss-exporter', "export * from '../newsroom/server.ts';\n", IMPORTS],
  ['workers/rss-exporter', "import type { X } from '../newsroom/server.ts';\n\nexport type Y = X;\n", IMPORTS],
  ['workers/rss-exporter', "export const x = await import('../newsroom/server.ts');\n", IMPORTS],
  ['workers/rss-exporter', use('./../newsroom/server.ts'), IMPORTS],
  ['workers/rss-exporter', use('../contract/../newsroom/server.ts'), IMPORTS],
  ['workers/rss-exporter', use('./testing/../../newsroom/server.ts'), IMPORTS],
  ['workers/newsroom/desks', use('../../rss-exporter/fetch.ts'), IMPORTS],
  ['workers/newsroom/desks', use('../../../local/ports.ts'), IMPORTS],
  ['workers/newsroom/desks/far', use('../../../rss-exporter/fetch.ts'), IMPORTS],
  ['workers/newsroom/desks/far', use('../../../../local/ports.ts'), IMPORTS],
  ['workers/newsroom/desks/too/far', use('../../../../rss-exporter/fetch.ts'), IMPORTS],
  ['workers/rss-exporter', "import { connect } from 'nats';\n\nconnect();\n", IMPORTS],
  ['workers/rss-exporter', "import { MongoClient } from 'mongodb';\n\nnew MongoClient();\n", IMPORTS],
  ['workers/rss-exporter', 'console.log(process.env.X);\n', ENVIRONMENT],
  ['workers/newsroom', 'export const run = (read: unknown) => [read, process.env];\n', ENVIRONMENT],
  ['workers/newsroom/desks', 'console.log(process.env.X);\n', ENVIRONMENT],
  ['workers/rss-exporter', "import { env } from 'node:process';\n\nconsole.log(env.X);\n", IMPORTS],
  ['workers/rss-exporter', "import process from 'node:process';\n\nconsole.log(process.env.X);\n", IMPORTS],
  ['cdk8s', use('../workers/runtime/log.ts'), IMPORTS],
  ['cdk8s', use('../local/ports.ts'), IMPORTS],
  ['cdk8s/nats', use('../../workers/runtime/log.ts'), IMPORTS],
  ['cdk8s/nats', use('../../local/ports.ts'), IMPORTS],
  ['cdk8s/charts', use('../../workers/operator/scaling.ts'), IMPORTS],
  ['certs', use('../workers/runtime/log.ts'), IMPORTS],
  ['certs', use('../cdk8s/nats/conf.ts'), IMPORTS],
  ['certs', use('../local/ports.ts'), IMPORTS],
  ['local', use('../workers/runtime/log.ts'), IMPORTS],
  ['local', use('../workers/rss-exporter/fetch.ts'), IMPORTS],
  ['local', use('../cdk8s/charts/nats.ts'), IMPORTS],
  ['local', use('../cdk8s/synthesis.ts'), IMPORTS],
  ['local', use('../test/support/paths.ts'), IMPORTS],
  ['local', use('../kind/kubectl.ts'), IMPORTS],
  ['kind', use('../workers/runtime/log.ts'), IMPORTS],
  ['kind', use('../test/support/paths.ts'), IMPORTS],
  ['cdk8s', use('../kind/kubectl.ts'), IMPORTS],
];

describe('the directions of imports', () => {
  let directory: string;
  /** The rules that Biome found broken, by file. */
  const broken = new Map<string, string[]>();
  const allowedFile = (index: number): string => `${ALLOWED[index]?.[0]}/allowed-${index}.ts`;
  const refusedFile = (index: number): string => `${REFUSED[index]?.[0]}/refused-${index}.ts`;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'newsjet-directions-'));
    const files = [
      ['biome.json', await readFile(join(PROJECT_DIRECTORY, 'biome.json'), 'utf8')] as const,
      ...ALLOWED.map(([, code], index) => [allowedFile(index), code] as const),
      ...REFUSED.map(([, code], index) => [refusedFile(index), code] as const),
      ...REFUSED.map(([, code], index) => [refusedFile(index).replace(/ts$/, 'test.ts'), code] as const),
    ];
    for (const [name, content] of files) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), content);
    }
    for (const { location, category } of await lint(directory)) {
      broken.set(location.path, [...(broken.get(location.path) ?? []), category]);
    }
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each(ALLOWED.map(([folder, code], index) => [folder, code.trim(), index] as const))(
    'let %s say %j',
    (_, __, index) => {
      expect(broken.get(allowedFile(index)) ?? []).toEqual([]);
    },
  );

  it.each(REFUSED.map(([folder, code, rule], index) => [folder, code.trim(), rule, index] as const))(
    'do not let %s say %j',
    (_, __, rule, index) => {
      expect(broken.get(refusedFile(index)) ?? []).toContain(rule);
    },
  );

  it('bind no test', () => {
    const tests = [...broken].filter(([name]) => name.endsWith('.test.ts'));
    expect(tests.filter(([, rules]) => rules.includes(IMPORTS) || rules.includes(ENVIRONMENT))).toEqual([]);
  });
});

interface Diagnostic {
  readonly category: string;
  readonly severity: string;
  readonly location: { readonly path: string };
}

/** Lints a folder with the configuration in it; only what fails a run counts. */
async function lint(directory: string): Promise<Diagnostic[]> {
  const executable = join(PROJECT_DIRECTORY, 'node_modules/@biomejs/biome/bin/biome');
  const parameters = ['lint', '--reporter=json', '--vcs-enabled=false', '--max-diagnostics=none', '.'];
  const output = await new Promise<string>((resolve) => {
    const options = { cwd: directory, maxBuffer: 64 * 1024 * 1024 };
    // It ends with 1 where it finds anything; what matters is what it prints.
    execFile(process.execPath, [executable, ...parameters], options, (_, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] };
  return diagnostics.filter(({ severity }) => severity === 'error');
}
