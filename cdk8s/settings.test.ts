import { describe, expect, it } from 'vitest';
import { ArgumentError, DEFAULT_SETTINGS, parseArguments } from './settings.ts';

const FILES = ['newsjet.yaml', 'charts'];

describe('parseArguments', () => {
  it('needs a definition and a directory alone', () => {
    expect(parseArguments(FILES)).toEqual({
      definitionFile: 'newsjet.yaml',
      directory: 'charts',
      settings: DEFAULT_SETTINGS,
    });
  });

  it('takes every option', () => {
    const options = [
      ...['--namespace=news', '--cluster-domain=k8s.example', '--certificates=cert-manager', '--mongodb-port=27018'],
      ...[
        '--mongodb-uri-secret=atlas',
        '--mongodb-reader-uri-secret=atlas-reader',
        '--storage-class=fast',
        '--public-url=https://example.org/news/',
        '--otlp-endpoint=http://collector.observability:4318/',
        '--page-node-port=30080',
        '--scaling=keda',
      ],
      ...['--monitoring=own', '--discovery=dns', '--alertmanager=alerts.example:9093'],
      ...['--runbook-url=https://docs.example/runbooks.html'],
      ...['--prometheus-node-port=30090', '--grafana-node-port=30300'],
    ];
    expect(parseArguments([...options, ...FILES]).settings).toEqual({
      namespace: 'news',
      clusterDomain: 'k8s.example',
      certificates: 'cert-manager',
      scaling: 'keda',
      monitoring: 'own',
      discovery: 'dns',
      alertmanager: 'alerts.example:9093',
      runbookUrl: 'https://docs.example/runbooks.html',
      mongodbUriSecret: 'atlas',
      mongodbReaderUriSecret: 'atlas-reader',
      mongodbPort: 27_018,
      storageClass: 'fast',
      publicUrl: 'https://example.org/news',
      otlpEndpoint: 'http://collector.observability:4318',
      pageNodePort: 30_080,
      prometheusNodePort: 30_090,
      grafanaNodePort: 30_300,
    });
  });

  it.each([
    [['--certificates=none'], '--certificates is "none"; allowed: own, cert-manager'],
    [['--scaling=hpa'], '--scaling is "hpa"; allowed: operator, keda, none'],
    [['--namespace=News'], '--namespace is "News"; allowed: lower-case letters'],
    [['--namespace='], '--namespace is ""; allowed'],
    [['--mongodb-port=0'], '--mongodb-port is "0"; allowed: a port from 1 to 65535'],
    [['--mongodb-port=1e3'], '--mongodb-port is "1e3"; allowed'],
    [['--page-node-port=8080'], '--page-node-port is "8080"; allowed: a port from 30000 to 32767'],
    [['--monitoring=datadog'], '--monitoring is "datadog"; allowed: own, prometheus-operator, none'],
    [['--discovery=consul'], '--discovery is "consul"; allowed: kubernetes, dns'],
    [['--alertmanager=alerts'], '--alertmanager is "alerts"; allowed: a host and its port'],
    [['--alertmanager=http://alerts:9093'], '--alertmanager is "http://alerts:9093"; allowed'],
    [['--alertmanager=alerts:70000'], '--alertmanager is "alerts:70000"; allowed'],
    [['--runbook-url=docs/runbooks.md'], '--runbook-url is "docs/runbooks.md"; allowed: an http or https address'],
    [['--runbook-url=ftp://docs.example/'], '--runbook-url is "ftp://docs.example/"; allowed'],
    [['--runbook-url=https://docs.example/#'], '--runbook-url is "https://docs.example/#"; allowed'],
    [
      ['--public-url=news.example'],
      '--public-url is "news.example"; allowed: an http or https address without a query, fragment or password',
    ],
    [
      ['--otlp-endpoint=collector:4318'],
      '--otlp-endpoint is "collector:4318"; allowed: an http or https address without a query, fragment or password',
    ],
    [['--otlp-endpoint=grpc://collector:4317'], '--otlp-endpoint is "grpc://collector:4317"; allowed'],
    [['--otlp-endpoint=http://me:mine@collector:4318'], '--otlp-endpoint is'],
    [['--public-url='], '--public-url is ""; allowed'],
    [['--public-url=ftp://news.example'], '--public-url is "ftp://news.example"; allowed'],
    [['--public-url=https://news.example/?'], '--public-url is "https://news.example/?"; allowed'],
    [['--public-url=https://news.example/#top'], '--public-url is "https://news.example/#top"; allowed'],
    [['--public-url=https://me@news.example'], '--public-url is "https://me@news.example"; allowed'],
    [
      ['--monitoring=none', '--runbook-url=https://docs.example/'],
      '--runbook-url has no effect: --monitoring is none, which brings no alerts',
    ],
    [['--grafana-node-port=300'], '--grafana-node-port is "300"; allowed: a port from 30000 to 32767'],
    [
      ['--monitoring=none', '--alertmanager=alerts:9093'],
      '--alertmanager has no effect: --monitoring is none, which brings no Prometheus',
    ],
    [['--mongodb-reader-uri-secret=atlas-reader'], '--mongodb-uri-secret is needed, too'],
    [['--verbose'], "Unknown option '--verbose'"],
    [['a-third'], 'a definition and a directory are needed, not 3 arguments'],
  ])('refuses %j', (options, message) => {
    expect(() => parseArguments([...options, ...FILES])).toThrow(ArgumentError);
    expect(() => parseArguments([...options, ...FILES])).toThrow(message);
  });

  it('says how it is used when it is told nothing', () => {
    expect(() => parseArguments([])).toThrow(/usage: synth \[OPTIONS\] DEFINITION DIRECTORY/);
  });
});
