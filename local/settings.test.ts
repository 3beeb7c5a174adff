import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkPort, freePorts, PortTakenError } from './ports.ts';
import { definitionFile, port, SettingError, stateDirectory, telemetry } from './settings.ts';
import { GiveUpError, WaitTimeoutError, waitFor } from './wait.ts';

describe('settings', () => {
  it('runs the newsroom unless told otherwise, with a state folder a definition', () => {
    expect(definitionFile({})).toEqual({ path: 'newsroom.yaml', name: 'newsroom' });
    expect(definitionFile({ CONFIG: 'newsjet.yaml' })).toEqual({ path: 'newsjet.yaml', name: 'newsjet' });
    expect(() => definitionFile({ CONFIG: 'none.yaml' })).toThrow(SettingError);
    expect(stateDirectory('newsjet')).toBe(resolve('.newsjet/state/newsjet'));
  });

  it('takes what is said to OpenTelemetry, and nothing else', () => {
    const said = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_RESOURCE_ATTRIBUTES: 'a=b' };
    expect(telemetry({ ...said, OTEL_EXPORTER_OTLP_HEADERS: '', PATH: '/bin', HOTEL_X: 'no' })).toEqual(said);
  });

  it('takes ports from the environment', () => {
    expect(port({}, 'PORT', 8_080)).toBe(8_080);
    expect(port({ PORT: '0' }, 'PORT', 8_080)).toBe(0);
    for (const value of ['http', '-1', '65536', '80.5']) {
      expect(() => port({ PORT: value }, 'PORT', 8_080)).toThrow(`PORT is "${value}"; allowed: a port from 0 to 65535`);
    }
  });
});

describe('ports', () => {
  it('finds different free ones, and says which one is taken, and what for', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    const [first] = ports as [number];
    await checkPort(first, 'the page', 'PORT');
    const server = createServer();
    await new Promise<void>((listening) => server.listen(first, '127.0.0.1', listening));
    await expect(checkPort(first, 'the page', 'PORT')).rejects.toThrow(PortTakenError);
    await expect(checkPort(first, 'the page', 'PORT')).rejects.toThrow(`port ${first}, for the page, is taken`);
    await new Promise((closed) => server.close(closed));
  });
});

describe('waitFor', () => {
  it('returns the first answer that is neither undefined nor false', async () => {
    const answers = [undefined, false, 0];
    expect(await waitFor<number>('an answer', 60_000, () => answers.shift() as number | undefined | false, 1)).toBe(0);
  });

  it('names the condition and the last failure when the time is up', async () => {
    const failing = waitFor('the moon is full', 20, () => Promise.reject(new Error('clouds')), 5);
    await expect(failing).rejects.toThrow('the moon is full: not within 20 ms: clouds');
    await expect(failing).rejects.toBeInstanceOf(WaitTimeoutError);
  });

  it('ends at once when the condition can’t come true any more', async () => {
    let asked = 0;
    const failing = waitFor('it comes', 60_000, () => {
      asked++;
      throw new GiveUpError('it never will');
    });
    await expect(failing).rejects.toThrow('it never will');
    expect(asked).toBe(1);
  });
});
