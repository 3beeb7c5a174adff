// Where a fetch goes and where it refuses to go: redirects, rebinding, https.
import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { Resolve } from './address-guard.ts';
import { Fetcher } from './fetch.ts';
import { selfSignedCertificate } from './testing/certificate.ts';
import { fetcherFor, fetchOnce } from './testing/fetching.ts';
import { type LocalServer, type LocalServerOptions, startServer } from './testing/local-server.ts';

const open: (LocalServer | Fetcher)[] = [];

async function serve(handler: RequestListener, options?: LocalServerOptions): Promise<LocalServer> {
  const server = await startServer(handler, options);
  open.push(server);
  return server;
}

function keep(fetcher: Fetcher): Fetcher {
  open.push(fetcher);
  return fetcher;
}

afterEach(async () => {
  for (const closable of open.splice(0).reverse()) await closable.close();
});

const answer: RequestListener = (_request, response) => response.end('reached');
/** Redirects `/<status>?<location>`. */
const redirect: RequestListener = (request, response) => {
  const [path = '', location = ''] = (request.url ?? '').split('?');
  if (path === '/end') response.end('reached');
  else response.writeHead(Number(path.slice(1)), { location: decodeURIComponent(location) }).end();
};
const to = (status: number, location: string) => `/${status}?${encodeURIComponent(location)}`;

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])('%d is followed, with the same headers', async (status) => {
    const server = await serve(redirect);
    const fetcher = keep(fetcherFor([server]));
    expect(await fetchOnce(fetcher, server.url(to(status, '/end')), { etag: '"1"' })).toMatchObject({
      kind: 'document',
      body: 'reached',
      finalUrl: server.url('/end'),
      permanentRedirectTo: status === 301 || status === 308 ? server.url('/end') : null,
    });
    expect(server.requests[1]?.headers['if-none-match']).toBe('"1"');
  });

  test('a chain is permanent when every hop is', async () => {
    const server = await serve(redirect);
    const fetcher = keep(fetcherFor([server]));
    const permanent = await fetchOnce(fetcher, server.url(to(301, to(308, '/end'))));
    expect(permanent).toMatchObject({ permanentRedirectTo: server.url('/end') });
    const temporary = await fetchOnce(fetcher, server.url(to(301, to(302, '/end'))));
    expect(temporary).toMatchObject({ kind: 'document', permanentRedirectTo: null });
  });

  test('a 304 at the end of a permanent redirect agrees with it', async () => {
    const server = await serve((request, response) =>
      request.url === '/old' ? response.writeHead(301, { location: '/new' }).end() : response.writeHead(304).end(),
    );
    expect(await fetchOnce(keep(fetcherFor([server])), server.url('/old'), { etag: '"1"' })).toMatchObject({
      kind: 'unchanged',
      permanentRedirectTo: server.url('/new'),
    });
  });

  test('five are followed, a sixth is not', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('reached');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const fetcher = keep(fetcherFor([server]));
    expect(await fetchOnce(fetcher, server.url('/5'))).toMatchObject({ kind: 'document', body: 'reached' });
    expect(server.requests).toHaveLength(6);
    expect(await fetchOnce(fetcher, server.url('/6'))).toEqual({
      kind: 'failed',
      reason: `${server.url('/6')}, redirected to ${server.url('/1')}: redirects more than 5 times`,
    });
    expect(server.requests).toHaveLength(12);
  });

  test('a loop ends after its first round', async () => {
    const server = await serve((request, response) =>
      response.writeHead(302, { location: request.url === '/a' ? '/b' : '/a' }).end(),
    );
    expect(await fetchOnce(keep(fetcherFor([server])), server.url('/a'))).toMatchObject({
      reason: expect.stringContaining('redirects in a loop'),
    });
    expect(server.requests).toHaveLength(2);
  });

  test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'newsroom:/x'])('to %s is not followed', async (location) => {
    const server = await serve(redirect);
    const fetcher = keep(fetcherFor([server], { newsroomUrl: server.url('/') }));
    expect(await fetchOnce(fetcher, server.url(to(302, location)))).toMatchObject({
      reason: expect.stringContaining('which is neither http: nor https:'),
    });
  });

  test('410 after a permanent redirect stops the feed, after a temporary one it does not', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/end') response.writeHead(410).end();
      else redirect(request, response);
    });
    const fetcher = keep(fetcherFor([server]));
    expect(await fetchOnce(fetcher, server.url(to(301, '/end')))).toMatchObject({ kind: 'gone' });
    expect(await fetchOnce(fetcher, server.url(to(302, '/end')))).toMatchObject({ kind: 'failed' });
  });

  test('credentials stay with the origin that they are for', async () => {
    const elsewhere = await serve(redirect);
    const server = await serve(redirect);
    const fetcher = keep(fetcherFor([server, elsewhere]));
    const withCredentials = (url: string) => url.replace('//', '//user:secret@');
    await fetchOnce(fetcher, withCredentials(server.url(to(302, '/end'))));
    expect(server.requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, true]);
    await fetchOnce(fetcher, withCredentials(server.url(to(302, elsewhere.url(to(302, server.url('/end')))))));
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
    expect(server.requests[3]).toMatchObject({ path: '/end' });
    expect(server.requests[3]?.headers.authorization).toBeUndefined();
    await fetchOnce(fetcher, server.url(to(302, withCredentials(elsewhere.url('/end')))));
    expect(elsewhere.requests[1]?.headers.authorization).toBeUndefined();
  });
});

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '0x7f.1',
    '0',
    '[::ffff:127.0.0.1]',
    'localhost',
  ])('http://%s is refused without a connection', async (host) => {
    const server = await serve(answer, { host: '0.0.0.0' });
    const fetcher = keep(fetcherFor([]));
    expect(await fetchOnce(fetcher, `http://${host}:${server.port}/`)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('is not a public address'),
    });
    expect(server.connections()).toBe(0);
  });

  test('are all reached where the source allows private ones', async () => {
    const server = await serve(answer);
    const fetcher = keep(new Fetcher({ allowPrivateAddresses: true, newsroomUrl: null }));
    for (const host of ['127.0.0.1', '2130706433', 'localhost']) {
      expect(await fetchOnce(fetcher, `http://${host}:${server.port}/`)).toMatchObject({ body: 'reached' });
    }
  });

  test('a redirect to a private address is refused without a connection', async () => {
    const inside = await serve(answer);
    const server = await serve(redirect);
    const fetcher = keep(fetcherFor([server]));
    expect(await fetchOnce(fetcher, server.url(to(301, inside.url('/admin?token=secret'))))).toEqual({
      kind: 'failed',
      reason:
        `${server.url('/301')}, redirected to ${inside.url('/admin')}: 127.0.0.1 is not a public address (loopback); ` +
        'allowPrivateAddresses: true on the source would allow it',
    });
    expect(inside.connections()).toBe(0);
  });

  test.each([
    ['http://169.254.169.254/latest/meta-data/', 'metadata'],
    ['http://[fd00:ec2::254]/', 'metadata'],
    ['http://[::1]/', 'loopback'],
    ['http://0.0.0.0/', 'unspecified'],
    ['http://10.0.0.1/', 'private'],
    ['http://100.64.0.1/', 'carrierGradeNat'],
  ])('a redirect to %s is refused', async (location, range) => {
    const server = await serve(redirect);
    expect(await fetchOnce(keep(fetcherFor([server])), server.url(to(302, location)))).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining(`is not a public address (${range})`),
    });
  });

  test('a name is looked up once, and what was checked is what is connected to', async () => {
    // A rebinding name: the first answer may be connected to, the ones after it may not.
    const server = await serve(answer);
    const inside = await serve((_request, response) => response.end('inside'), {
      host: '127.0.0.2',
      port: server.port,
    });
    const answers = ['127.0.0.1', '127.0.0.2'];
    let lookups = 0;
    const resolve: Resolve = async () => {
      const address = answers[Math.min(lookups, 1)] as string;
      lookups += 1;
      return [{ address, family: 4 }];
    };
    const fetcher = keep(fetcherFor([server], { resolve }));
    const url = `http://rebinding.example.test:${server.port}/`;
    expect(await fetchOnce(fetcher, url)).toMatchObject({ kind: 'document', body: 'reached' });
    expect(lookups).toBe(1);
    expect(server.requests[0]?.headers.host).toBe(`rebinding.example.test:${server.port}`);

    expect(await fetchOnce(fetcher, url)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining(
        'rebinding.example.test is at 127.0.0.2, which is not a public address (loopback)',
      ),
    });
    expect(lookups).toBe(2);
    expect([server.connections(), inside.connections()]).toEqual([1, 0]);
  });

  test('a name that also points inside is refused altogether', async () => {
    const server = await serve(answer);
    const resolve: Resolve = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    const fetcher = keep(fetcherFor([server], { resolve }));
    expect(await fetchOnce(fetcher, `http://mixed.example.test:${server.port}/`)).toMatchObject({
      reason: expect.stringContaining('mixed.example.test is at 10.0.0.1'),
    });
    expect(server.connections()).toBe(0);
  });
});

describe('https', () => {
  const NAME = 'feeds.example.test';
  const tls = selfSignedCertificate(NAME);
  const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];

  test('connects to the checked address under the name of the certificate', async () => {
    const server = await serve(answer, { tls });
    const fetcher = keep(fetcherFor([server], { resolve, ca: tls.cert }));
    expect(await fetchOnce(fetcher, `https://${NAME}:${server.port}/`)).toMatchObject({ body: 'reached' });
  });

  test.each([
    ['of another name', 'other.example.test', tls.cert, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['of nobody who is trusted', NAME, undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('a certificate %s is a failure', async (_name, hostname, ca, code) => {
    const server = await serve(answer, { tls });
    const fetcher = keep(fetcherFor([server], { resolve, ...(ca === undefined ? {} : { ca }) }));
    expect(await fetchOnce(fetcher, `https://${hostname}:${server.port}/`)).toMatchObject({
      reason: `https://${hostname}:${server.port}/: the secure connection failed (${code})`,
    });
    expect(server.requests).toHaveLength(0);
  });

  test('a step down to http is followed, but never one to remember', async () => {
    const plain = await serve(answer);
    const server = await serve((_request, response) => response.writeHead(301, { location: plain.url('/') }).end(), {
      tls,
    });
    const fetcher = keep(fetcherFor([server, plain], { resolve, ca: tls.cert }));
    expect(await fetchOnce(fetcher, `https://${NAME}:${server.port}/`)).toMatchObject({
      kind: 'document',
      finalUrl: plain.url('/'),
      permanentRedirectTo: null,
    });
  });
});
