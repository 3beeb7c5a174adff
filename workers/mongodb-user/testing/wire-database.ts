// A database that knows logins and users and nothing else, over MongoDB's own protocol: the stand-in of the other tests has none.
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;
const ITERATIONS = 4_096;

interface User {
  password: string;
  roles: readonly { readonly role: string; readonly db: string }[];
}

/** What a connection has come to. */
interface Session {
  user?: User;
  login?: { readonly user: User | undefined; readonly salt: string; readonly nonce: string; readonly messages: string };
}

class CommandError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Its users are kept by `<database>.<name>`. */
export class WireDatabase {
  readonly users = new Map<string, User>([
    ['admin.root', { password: 'first', roles: [{ role: 'root', db: 'admin' }] }],
  ]);
  /** Names of commands in the order in which they came, but for those of drivers. */
  readonly commands: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      void this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async start(port = 0): Promise<WireDatabase> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new WireDatabase(server);
  }

  uri(password = 'first'): string {
    const { port } = this.#server.address() as AddressInfo;
    return `mongodb://root:${password}@127.0.0.1:${port}/?authSource=admin&directConnection=true`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  async #serve(socket: Socket): Promise<void> {
    const session: Session = {};
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      while (received.length >= HEADER_BYTES && received.length >= received.readInt32LE(0)) {
        const length = received.readInt32LE(0);
        socket.write(this.#answer(received.subarray(0, length), session));
        received = received.subarray(length);
      }
    }
  }

  #answer(message: Buffer, session: Session): Buffer {
    const [id, kind] = [message.readInt32LE(4), message.readInt32LE(12)];
    // The first message of a driver is an old one: flags, the name of a collection, and two numbers come before its document.
    const start = kind === OP_QUERY ? message.indexOf(0, HEADER_BYTES + 4) + 9 : HEADER_BYTES + 5;
    const size = message.readInt32LE(start);
    const body = BSON.serialize(this.#run(BSON.deserialize(message.subarray(start, start + size)), session));
    // Flags and a section of kind 0; or flags, a cursor, an offset and a number of documents.
    const before = kind === OP_MSG ? Buffer.alloc(5) : Buffer.from([8, ...Array(15).fill(0), 1, 0, 0, 0]);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeInt32LE(HEADER_BYTES + before.length + body.length, 0);
    header.writeInt32LE(id, 8);
    header.writeInt32LE(kind === OP_MSG ? OP_MSG : OP_REPLY, 12);
    return Buffer.concat([header, before, body]);
  }

  #run(command: Document, session: Session): Document {
    const name = Object.keys(command)[0] as string;
    const database = String(command.$db ?? 'admin');
    try {
      if (name === 'hello' || name === 'ismaster' || name === 'isMaster') return hello();
      if (name === 'saslStart') return this.#startLogin(command, database, session);
      if (name === 'saslContinue') return finishLogin(command, session);
      if (name === 'endSessions') return { ok: 1 };
      this.commands.push(name);
      return { ok: 1, ...this.#runAs(session.user, name, command, database) };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return { ok: 0, code: error.code, errmsg: error.message };
    }
  }

  #runAs(user: User | undefined, name: string, command: Document, database: string): Document {
    const is = (role: string, db: string): boolean =>
      user?.roles.some((held) => held.role === role && held.db === db) ?? false;
    const may =
      name === 'ping'
        ? user
        : name === 'listCollections'
          ? is('readWrite', database) || is('read', database)
          : is('root', 'admin');
    if (!may) throw new CommandError(13, `not authorized on ${database} to execute command ${name}`);
    const key = `${database}.${command[name]}`;
    const known = { password: command.pwd, roles: command.roles };
    switch (name) {
      case 'ping':
        return {};
      case 'listCollections':
        return { cursor: { id: BSON.Long.ZERO, ns: `${database}.$cmd.listCollections`, firstBatch: [] } };
      case 'usersInfo': {
        const { user: wanted, db } = command.usersInfo;
        return { users: this.users.has(`${db}.${wanted}`) ? [{ user: wanted, db }] : [] };
      }
      case 'createUser':
        if (this.users.has(key)) throw new CommandError(51_003, `User "${key}" already exists`);
        this.users.set(key, known);
        return {};
      case 'updateUser':
        if (!this.users.has(key)) throw new CommandError(11, `User ${key} not found`);
        this.users.set(key, known);
        return {};
      default:
        throw new CommandError(59, `no such command: '${name}'`);
    }
  }

  #startLogin({ payload }: Document, database: string, session: Session): Document {
    const first = payload.toString('utf8').replace('n,,', '');
    const { n: name, r: clientNonce } = fields(first);
    const [salt, nonce] = [randomBytes(16).toString('base64'), `${clientNonce}${randomBytes(12).toString('base64')}`];
    const challenge = `r=${nonce},s=${salt},i=${ITERATIONS}`;
    session.login = { user: this.users.get(`${database}.${name}`), salt, nonce, messages: `${first},${challenge}` };
    return step(challenge, false);
  }
}

function finishLogin({ payload }: Document, session: Session): Document {
  const { login } = session;
  if (!login?.user) throw new CommandError(18, 'Authentication failed.');
  const { p: proof = '', r: nonce } = fields(payload.toString('utf8'));
  const salted = pbkdf2Sync(login.user.password, Buffer.from(login.salt, 'base64'), ITERATIONS, 32, 'sha256');
  const messages = `${login.messages},c=biws,r=${login.nonce}`;
  const clientKey = hmac(salted, 'Client Key');
  const signature = hmac(createHash('sha256').update(clientKey).digest(), messages);
  const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] as number)));
  const given = Buffer.from(proof, 'base64');
  if (nonce !== login.nonce || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new CommandError(18, 'Authentication failed.');
  }
  session.user = login.user;
  return step(`v=${hmac(hmac(salted, 'Server Key'), messages).toString('base64')}`, true);
}

const step = (payload: string, done: boolean): Document => ({
  ok: 1,
  conversationId: 1,
  done,
  payload: new BSON.Binary(Buffer.from(payload)),
});

const fields = (message: string): Readonly<Record<string, string>> =>
  Object.fromEntries(message.split(',').map((field) => [field[0] as string, field.slice(2)]));

const hello = (): Document => ({
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
  saslSupportedMechs: ['SCRAM-SHA-256'],
});
