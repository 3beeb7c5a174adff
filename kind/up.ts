// The command behind `make kind-up`: the whole system on a cluster in containers; again, it updates what is there.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeSynthesis } from '../cdk8s/manifest-directory.ts';
import { GRAFANA_ADMIN_SECRET } from '../cdk8s/secret-plan.ts';
import { DEFAULT_SETTINGS, type Settings } from '../cdk8s/settings.ts';
import { synthesize, synthesizeDefinitions } from '../cdk8s/synthesis.ts';
import { VERSIONS } from '../cdk8s/versions.ts';
import { command } from '../local/command.ts';
import { definitionFile } from '../local/settings.ts';
import { Terminal } from '../local/terminal.ts';
import { applyManifests } from './apply.ts';
import { giveImages } from './give-images.ts';
import { buildImages, checkBundles, versionsByContent } from './image-set.ts';
import { checkPorts, clusterExists, clusterName, contextName, createCluster, portMappings } from './kind-cluster.ts';
import { Kubectl } from './kubectl.ts';
import { CLUSTER_TOOLS, checkTools } from './tools.ts';
import { waitForRollouts } from './wait-for-rollouts.ts';

/** What is applied is left here, to be looked at and applied again. */
const MANIFEST_DIRECTORY = '.newsjet/kind/manifests';
/** Ports of every node, which kind-config.yaml gives this machine, too. */
const NODE_PORTS = { pageNodePort: 30_080, prometheusNodePort: 30_090, grafanaNodePort: 30_300 } as const;
const ROLLOUT_TIMEOUT_MS = 15 * 60_000;

await command(async (signal) => {
  const terminal = new Terminal();
  const startedAt = performance.now();
  const step = (line: string): void => terminal.step(`${elapsed(startedAt)} ${line}`);
  const { path } = definitionFile(process.env);
  // By names every Prometheus finds pods, those too that were built without the discovery of Kubernetes.
  const settings: Settings = { ...DEFAULT_SETTINGS, ...NODE_PORTS, discovery: 'dns', observer: true };
  const definition = { text: await readFile(path, 'utf8'), file: basename(path) };
  // A definition that can't be used is refused before anything is started.
  await checkBundles(synthesize({ definition, settings }), VERSIONS);
  const mappings = await portMappings();
  await checkTools(CLUSTER_TOOLS);

  const cluster = clusterName();
  if (!(await clusterExists(cluster))) {
    await checkPorts(mappings);
    step(`creating the cluster ${cluster}`);
    await createCluster(cluster, (line) => step(`  ${line}`));
  }
  const images = await buildImages(VERSIONS, step);
  const files = synthesize({ definition, settings, versions: versionsByContent(VERSIONS, images) });
  const definitions = synthesizeDefinitions(settings);
  await writeSynthesis(MANIFEST_DIRECTORY, { files, definitions });
  const kubectl = new Kubectl(contextName(cluster), settings.namespace);
  await giveImages({ cluster, kubectl, images, files, onStep: step });
  step(`applying ${MANIFEST_DIRECTORY}`);
  for (const line of await applyManifests(kubectl, MANIFEST_DIRECTORY, definitions)) step(`  ${line}`);
  step('waiting for every workload');
  const selector = 'app.kubernetes.io/part-of=newsjet';
  await waitForRollouts({ kubectl, selector, terminal, timeoutMs: ROLLOUT_TIMEOUT_MS, signal });
  step('everything is ready');
  const kubectlCommand = `kubectl --context ${contextName(cluster)} --namespace ${settings.namespace}`;
  const pages = [
    ['page', NODE_PORTS.pageNodePort, ''],
    ['Prometheus', NODE_PORTS.prometheusNodePort, ''],
    ['Grafana', NODE_PORTS.grafanaNodePort, ' as admin'],
  ] as const;
  const lines = [
    ...pages.flatMap(([name, nodePort, how]) => {
      const mapping = mappings.find(({ containerPort }) => containerPort === nodePort);
      return mapping ? [[name, `http://localhost:${mapping.hostPort}/${how}`]] : [];
    }),
    ['password', `${kubectlCommand} get secret ${GRAFANA_ADMIN_SECRET} -o jsonpath='{.data.password}' | base64 -d`],
    ['pods', `${kubectlCommand} get pods`],
    ['end', 'make kind-down'],
  ];
  for (const [name, text] of lines) terminal.step(`${`${name}:`.padEnd(12)}${text}`);
  return true;
});

/** Since the start, for the front of a line. A declaration, for the command above is at work by now. */
function elapsed(since: number): string {
  return `${Math.round((performance.now() - since) / 1_000)} s`.padStart(6);
}
