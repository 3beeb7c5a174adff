import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { checkPort, freePorts } from './ports.ts';

describe('freePorts', () => {
  it('finds ports that can be listened on, each another, none of those for outgoing connections', async () => {
    const ports = await freePorts(200);
    expect(new Set(ports).size).toBe(200);
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(10_240);
      expect(port).toBeLessThan(32_768);
    }
    await expect(checkPort(ports[0] as number, 'a test', 'PORT')).resolves.toBeUndefined();
  });
});

describe('checkPort', () => {
  it('says which port is taken, what it is for, and how to choose another', async () => {
    const [port] = (await freePorts(1)) as [number];
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await expect(checkPort(port, 'the page', 'PORT')).rejects.toThrow(
      `port ${port}, for the page, is taken by another process`,
    );
    await new Promise((resolve) => server.close(resolve));
  });
});
