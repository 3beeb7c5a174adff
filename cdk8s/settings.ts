// What a cluster is like, as far as manifests depend on it; what is collected is the definition's.
import { parseArgs } from 'node:util';

/** Who issues certificates: the Job `certs` with an authority of its own, or cert-manager, which must be installed. */
export const CERTIFICATE_ISSUERS = ['own', 'cert-manager'] as const;
export type CertificateIssuer = (typeof CERTIFICATE_ISSUERS)[number];

/** Who scales the workers: the operator, KEDA, which must be installed, or nobody. */
export const SCALERS = ['operator', 'keda', 'none'] as const;
export type Scaler = (typeof SCALERS)[number];

/** Who measures and alerts: Prometheus and Grafana of our own, the Prometheus operator, which must be installed, or nobody. */
export const MONITORINGS = ['own', 'prometheus-operator', 'none'] as const;
export type Monitoring = (typeof MONITORINGS)[number];

/** How Prometheus of our own finds pods: by asking the API server, or by names of Services, which needs no account. */
export const DISCOVERIES = ['kubernetes', 'dns'] as const;
export type Discovery = (typeof DISCOVERIES)[number];

export interface Settings {
  /** @default newsjet */
  readonly namespace: string;
  /** The DNS domain of the cluster. @default cluster.local */
  readonly clusterDomain: string;
  /** @default own */
  readonly certificates: CertificateIssuer;
  /** @default operator */
  readonly scaling: Scaler;
  /** @default own */
  readonly monitoring: Monitoring;
  /** @default kubernetes */
  readonly discovery?: Discovery;
  /** `host:port` of an Alertmanager that Prometheus of our own sends alerts to. @default none: alerts are seen in Prometheus */
  readonly alertmanager?: string;
  /** Address of docs/runbooks.md as people read it, which alerts link to. @default its path in the project */
  readonly runbookUrl?: string;
  /** Secret with the address of a MongoDB of your own under the key `uri`. @default one is part of the manifests */
  readonly mongodbUriSecret?: string;
  /** Secret with its address for news-reader, best as a user who may read and nothing else. @default mongodbUriSecret */
  readonly mongodbReaderUriSecret?: string;
  /** Port of that MongoDB, which news-creator and news-reader may then reach anywhere. @default 27017 */
  readonly mongodbPort: number;
  /** Storage class of all volumes. @default the cluster's default class */
  readonly storageClass?: string;
  /** Address that the world knows the page by, such as `https://news.example.org`; feeds give it for their own. @default that of each request */
  readonly publicUrl?: string;
  /** Address of a collector that takes traces by OTLP over HTTP, without a slash at its end. @default none: no traces are exported */
  readonly otlpEndpoint?: string;
  /** Port of every node that shows the page to whoever reaches it. @default none: `kubectl port-forward` shows it */
  readonly pageNodePort?: number;
  /** Port of every node that Prometheus answers on; it asks nobody for a password. @default none */
  readonly prometheusNodePort?: number;
  /** Port of every node that Grafana answers on. @default none */
  readonly grafanaNodePort?: number;
  /** Whether there is an identity that may watch the streams, for tests. @default false */
  readonly observer?: boolean;
}

export const DEFAULT_SETTINGS: Settings = {
  namespace: 'newsjet',
  clusterDomain: 'cluster.local',
  certificates: 'own',
  scaling: 'operator',
  monitoring: 'own',
  mongodbPort: 27_017,
};

/** Arguments that can't be used; the message says which and what is allowed. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** What the command is asked to do. */
export interface SynthesisArguments {
  readonly definitionFile: string;
  readonly directory: string;
  readonly settings: Settings;
}

export const USAGE = `usage: synth [OPTIONS] DEFINITION DIRECTORY
Writes the manifests of a definition into a directory, and removes what an earlier run left there.
  --namespace NAME            (${DEFAULT_SETTINGS.namespace})
  --cluster-domain DOMAIN     (${DEFAULT_SETTINGS.clusterDomain})
  --certificates ISSUER       ${CERTIFICATE_ISSUERS.join(' or ')} (${DEFAULT_SETTINGS.certificates})
  --scaling SCALER            ${SCALERS.join(', ')} (${DEFAULT_SETTINGS.scaling})
  --monitoring BY             ${MONITORINGS.join(', ')} (${DEFAULT_SETTINGS.monitoring})
  --discovery HOW             how Prometheus finds pods: ${DISCOVERIES.join(' or ')} (kubernetes)
  --alertmanager HOST:PORT    where Prometheus sends alerts (nowhere)
  --runbook-url URL           where docs/runbooks.md is read, for links of alerts (its path in the project)
  --mongodb-uri-secret NAME   Secret with the address of a MongoDB of your own under the key uri
  --mongodb-reader-uri-secret NAME
                              the same, as a user who may only read (the same Secret)
  --mongodb-port PORT         its port (${DEFAULT_SETTINGS.mongodbPort})
  --storage-class NAME        (the cluster's default)
  --public-url URL            address of the page as the world knows it, which feeds give for their own (that of each request)
  --otlp-endpoint URL         collector that workers export traces to, by OTLP over HTTP (none)
  --page-node-port PORT       shows the page on a port of every node, 30000 to 32767 (not at all)
  --prometheus-node-port PORT the same for Prometheus, which asks for no password
  --grafana-node-port PORT    the same for Grafana
  --observer                  adds an identity that may watch the streams, for tests`;

/** Ports of the nodes: the settings and their options. */
const NODE_PORTS = {
  pageNodePort: 'page-node-port',
  prometheusNodePort: 'prometheus-node-port',
  grafanaNodePort: 'grafana-node-port',
} as const;
/** Options that say something of Prometheus and Grafana of our own. */
const OWN_MONITORING = [
  'discovery',
  'alertmanager',
  NODE_PORTS.prometheusNodePort,
  NODE_PORTS.grafanaNodePort,
] as const;

const TEXT = { type: 'string' } as const;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** @throws {ArgumentError} */
export function parseArguments(args: readonly string[]): SynthesisArguments {
  const { values, positionals } = parse(args);
  const [definitionFile, directory, ...more] = positionals;
  if (!definitionFile || !directory || more.length > 0) {
    throw new ArgumentError(`a definition and a directory are needed, not ${positionals.length} arguments\n${USAGE}`);
  }
  const certificates = CERTIFICATE_ISSUERS.find((issuer) => issuer === (values.certificates ?? 'own'));
  if (!certificates) throw refused('certificates', values.certificates, CERTIFICATE_ISSUERS.join(', '));
  const scaling = SCALERS.find((scaler) => scaler === (values.scaling ?? DEFAULT_SETTINGS.scaling));
  if (!scaling) throw refused('scaling', values.scaling, SCALERS.join(', '));
  const monitoring = MONITORINGS.find((by) => by === (values.monitoring ?? DEFAULT_SETTINGS.monitoring));
  if (!monitoring) throw refused('monitoring', values.monitoring, MONITORINGS.join(', '));
  if (monitoring !== 'own')
    refuseOf(OWN_MONITORING, values, `--monitoring is ${monitoring}, which brings no Prometheus`);
  const discovery = DISCOVERIES.find((how) => how === (values.discovery ?? 'kubernetes'));
  if (!discovery) throw refused('discovery', values.discovery, DISCOVERIES.join(', '));
  const alertmanager = address('alertmanager', values.alertmanager);
  if (monitoring === 'none') refuseOf(['runbook-url'], values, '--monitoring is none, which brings no alerts');
  const runbookUrl = webAddress('runbook-url', values['runbook-url'], 'heading');
  const publicUrl = webAddress('public-url', values['public-url'], 'path')?.replace(/\/+$/, '');
  const otlpEndpoint = webAddress('otlp-endpoint', values['otlp-endpoint'], 'path')?.replace(/\/+$/, '');
  const uriSecret = name('mongodb-uri-secret', values['mongodb-uri-secret'], DNS_NAME);
  const readerUriSecret = name('mongodb-reader-uri-secret', values['mongodb-reader-uri-secret'], DNS_NAME);
  if (readerUriSecret !== undefined && uriSecret === undefined) {
    throw new ArgumentError(
      '--mongodb-reader-uri-secret is for a MongoDB of your own: --mongodb-uri-secret is needed, too',
    );
  }
  const storageClass = name('storage-class', values['storage-class'], DNS_NAME);
  const nodePorts = Object.fromEntries(
    Object.entries(NODE_PORTS).flatMap(([setting, option]) => {
      const value = port(option, values[option], 30_000, 32_767);
      return value === undefined ? [] : [[setting, value]];
    }),
  );
  const settings: Settings = {
    namespace: name('namespace', values.namespace, DNS_LABEL) ?? DEFAULT_SETTINGS.namespace,
    clusterDomain: name('cluster-domain', values['cluster-domain'], DNS_NAME) ?? DEFAULT_SETTINGS.clusterDomain,
    certificates,
    scaling,
    monitoring,
    mongodbPort: port('mongodb-port', values['mongodb-port'], 1, 65_535) ?? DEFAULT_SETTINGS.mongodbPort,
    ...(uriSecret === undefined ? {} : { mongodbUriSecret: uriSecret }),
    ...(readerUriSecret === undefined ? {} : { mongodbReaderUriSecret: readerUriSecret }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(values.discovery === undefined ? {} : { discovery }),
    ...(alertmanager === undefined ? {} : { alertmanager }),
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }),
    ...nodePorts,
    ...(values.observer ? { observer: true } : {}),
  };
  return { definitionFile, directory, settings };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        namespace: TEXT,
        'cluster-domain': TEXT,
        certificates: TEXT,
        scaling: TEXT,
        'mongodb-uri-secret': TEXT,
        'mongodb-reader-uri-secret': TEXT,
        'mongodb-port': TEXT,
        'storage-class': TEXT,
        'public-url': TEXT,
        'otlp-endpoint': TEXT,
        'page-node-port': TEXT,
        monitoring: TEXT,
        discovery: TEXT,
        alertmanager: TEXT,
        'runbook-url': TEXT,
        'prometheus-node-port': TEXT,
        'grafana-node-port': TEXT,
        observer: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new ArgumentError(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
}

const refused = (option: string, value: string | undefined, allowed: string): ArgumentError =>
  new ArgumentError(`--${option} is ${JSON.stringify(value)}; allowed: ${allowed}`);

function name(option: string, value: string | undefined, form: RegExp): string | undefined {
  if (value !== undefined && !form.test(value)) {
    throw refused(option, value, 'lower-case letters, digits and dashes, as Kubernetes takes for a name');
  }
  return value;
}

/** A name or an IPv4 address, and a port. */
function address(option: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [, host = '', digits] = /^([^:]*):(\d+)$/.exec(value) ?? [];
  const number = Number(digits);
  if (!DNS_NAME.test(host) || !(number >= 1 && number <= 65_535)) throw refused(option, value, 'a host and its port');
  return value;
}

/** What can't be in an address that something is added to, and what that is called. */
const NOT_BEFORE = {
  heading: { form: /#/, called: 'fragment' },
  path: { form: /[?#]/, called: 'query, fragment' },
} as const;

/** An http or https address that a heading or a path can be added to. */
function webAddress(option: string, value: string | undefined, added: keyof typeof NOT_BEFORE): string | undefined {
  if (value === undefined) return undefined;
  const { form, called } = NOT_BEFORE[added];
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || form.test(value) || url.username || url.password) {
    throw refused(option, value, `an http or https address without a ${called} or password`);
  }
  return url.href;
}

/** What would have no effect is refused rather than forgotten. */
function refuseOf<Option extends string>(
  options: readonly Option[],
  values: Readonly<Partial<Record<Option, unknown>>>,
  reason: string,
): void {
  const given = options.find((option) => values[option] !== undefined);
  if (given) throw new ArgumentError(`--${given} has no effect: ${reason}`);
}

function port(option: string, value: string | undefined, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw refused(option, value, `a port from ${min} to ${max}`);
  return number;
}
