// Bundles every worker into one file that needs no node_modules, and the commands of the project beside them.
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('.', import.meta.url));

/** Modules that mongodb uses only when they happen to be installed. */
const OPTIONAL = [
  'kerberos',
  'snappy',
  'aws4',
  'mongodb-client-encryption',
  'gcp-metadata',
  '@mongodb-js/zstd',
  '@aws-sdk/credential-providers',
];

/** What make runs. */
const COMMANDS = [
  'local/run.ts',
  'local/logs.ts',
  'local/demo.ts',
  'local/replay.ts',
  'certs/main.ts',
  'bench/creator.ts',
  'cdk8s/main.ts',
  'kind/build-images.ts',
  'kind/up.ts',
  'kind/down.ts',
];

/** CommonJS packages call require, which an ES module does not have. */
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

/** node-fetch, of Kubernetes' client, asks for Node's own punycode, which warns at every start that it is going away. */
const punycode = {
  name: 'punycode',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^punycode$/ }, () => ({ path: require.resolve('punycode/') }));
  },
};

/**
 * What most runs never load is no part of the bundles, in which it would be read at every start: it is a file beside those that may
 * load it.
 */
const OTLP = { source: 'workers/runtime/otlp.ts', file: './otlp.mjs' };
const beside = {
  name: 'beside',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\/otlp\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: OTLP.file, external: true } : undefined,
    );
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  outExtension: { '.js': '.mjs' },
  legalComments: 'none',
  logLevel: 'warning',
};

const workers = readdirSync(`${root}/workers`).filter((name) => existsSync(`${root}/workers/${name}/main.ts`));

async function buildWorkers() {
  const options = { ...common, banner, external: OPTIONAL, plugins: [punycode, beside], metafile: true };
  const { metafile } = await build({
    ...options,
    entryPoints: workers.map((name) => ({ in: `workers/${name}/main.ts`, out: `${name}/main` })),
    outdir: 'dist/workers',
  });
  const loading = Object.entries(metafile.outputs)
    .filter(([, { imports }]) => imports.some(({ path }) => path === OTLP.file))
    .map(([main]) => `${dirname(main)}/otlp`);
  // Of its packages as ES modules an eighth is used and the rest left out; as CommonJS, nothing can be.
  const mainFields = ['module', 'main'];
  await build({
    ...options,
    mainFields,
    entryPoints: loading.map((out) => ({ in: OTLP.source, out })),
    outdir: '.',
  });
}

/** Builds everything into dist/, over what is there: a pipeline may be running from it. */
export async function buildAll() {
  const pages = workers
    .map((name) => ({ name, script: `${root}/workers/${name}/page/build.mjs` }))
    .filter(({ script }) => existsSync(script));
  await Promise.all([
    buildWorkers(),
    build({
      ...common,
      entryPoints: COMMANDS,
      outbase: '.',
      outdir: 'dist',
      packages: 'external',
    }),
    ...pages.map(async ({ name, script }) => {
      const { buildPage } = await import(pathToFileURL(script).href);
      await buildPage(`${root}/dist/workers/${name}/page`);
    }),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
