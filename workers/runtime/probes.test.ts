import { Gauge } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { FatalError } from './errors.ts';
import { createRegistry } from './metrics.ts';
import { type Health, type Probes, serveProbes } from './probes.ts';

const open: Probes[] = [];
afterEach(() => {
  for (const probes of open.splice(0)) probes.close();
});

const WELL: Health = { ok: true, reason: 'ok' };

async function serve(health: () => Health, port = 0, readiness = health) {
  const registry = createRegistry('sample');
  const probes = await serveProbes({ host: '127.0.0.1', port, registry, health, readiness });
  open.push(probes);
  return { registry, port: probes.port, get: (path: string) => fetch(`http://127.0.0.1:${probes.port}${path}`) };
}

describe('serveProbes', () => {
  it('says whether the process is well, as it is at that moment', async () => {
    let health: Health = { ok: true, reason: 'ok' };
    const { get } = await serve(() => health);
    expect((await get('/healthz?probe=1')).status).toBe(200);
    health = { ok: false, reason: 'not connected' };
    const response = await get('/healthz');
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('not connected\n');
  });

  it('says whether the process is ready, which is another question', async () => {
    const { get } = await serve(
      () => WELL,
      0,
      () => ({ ok: false, reason: 'waiting for the database' }),
    );
    expect((await get('/healthz')).status).toBe(200);
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('waiting for the database\n');
  });

  it('serves the metrics, labelled with the worker', async () => {
    const { registry, get } = await serve(() => WELL);
    new Gauge({ name: 'newsjet_sample', help: 'A sample', registers: [registry] }).set(7);
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    expect(text).toContain('newsjet_sample{worker="sample"} 7');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('knows no other path', async () => {
    const { get } = await serve(() => WELL);
    expect((await get('/')).status).toBe(404);
  });

  it('says that a port is taken', async () => {
    const { port } = await serve(() => WELL);
    const second = serve(() => WELL, port);
    await expect(second).rejects.toThrow(FatalError);
    await expect(second).rejects.toThrow(`can't serve metrics and health on 127.0.0.1:${port}`);
  });
});
