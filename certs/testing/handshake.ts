// Mutual TLS between real sockets, with what Secrets hold.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';

type Data = Readonly<Record<string, string>>;

/**
 * Connects a client to a server, each of which trusts its own `ca.crt` alone.
 * @returns the name by which the server knows the client; rejects when one does not trust the other
 */
export async function shakeHands(serverData: Data, clientData: Data, servername = 'localhost'): Promise<string> {
  // Node closes without a word on a client that it does not trust, so the server itself says why it refuses.
  const server = createServer({ ...keyring(serverData), requestCert: true, rejectUnauthorized: false }, (socket) => {
    socket.on('error', () => {});
    socket.end(
      socket.authorized ? String(socket.getPeerCertificate().subject.CN) : `refused: ${socket.authorizationError}`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, servername, ...keyring(clientData) });
    let text = '';
    for await (const chunk of socket) text += chunk;
    if (text.startsWith('refused')) throw new Error(text);
    return text;
  } finally {
    server.close();
  }
}

const keyring = (data: Data) => {
  const { 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key } = data;
  if (!ca || !cert || !key) throw new Error(`not a keyring: it has only ${Object.keys(data).join(', ')}`);
  return { ca, cert, key };
};
