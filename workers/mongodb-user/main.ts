// mongodb-user: gives the application users of its own, which may use its database and nothing else, and ends.
import { integer, text } from '../runtime/environment.ts';
import { FatalError } from '../runtime/errors.ts';
import { runJob } from '../runtime/job.ts';
import { createMongoClient, MONGO_OPTIONS } from '../runtime/mongo.ts';
import { type CommandDatabase, checkAccess, ensureUser } from './application-user.ts';
import { withPatience } from './patience.ts';
import { type ApplicationUser, addressFor } from './user-address.ts';

const OPTIONS = {
  /** `MONGODB_URI` is the address of somebody who may create users. */
  ...MONGO_OPTIONS,
  /** Who may read and write. */
  appName: text('APP_USERNAME', { secret: true }),
  appPassword: text('APP_PASSWORD', { secret: true }),
  /** Who may read and nothing else. */
  readerName: text('READER_USERNAME', { secret: true }),
  readerPassword: text('READER_PASSWORD', { secret: true }),
  /** How long the database may refuse a login: on a new volume its first user is created while it starts. */
  loginTimeoutMs: integer('LOGIN_TIMEOUT_MS', 0, 3_600_000, { otherwise: 120_000 }),
};

const SPEC = {
  goal: 'the users were there',
  deadline: integer('TIMEOUT_MS', 1_000, 3_600_000, { otherwise: 600_000 }),
};

await runJob(OPTIONS, SPEC, async ({ settings, log, signal, onFailure }) => {
  const { mongoUri, mongoDatabase: database, loginTimeoutMs } = settings;
  const users: readonly ApplicationUser[] = [
    { name: settings.appName, password: settings.appPassword, database, role: 'readWrite' },
    { name: settings.readerName, password: settings.readerPassword, database, role: 'read' },
  ];
  if (settings.appName === settings.readerName) {
    throw new FatalError(
      `APP_USERNAME and READER_USERNAME are both ${settings.appName}: the one may write, the other not`,
    );
  }
  const patience = { signal, log, loginTimeoutMs, onFailure };

  /** Every attempt is a new client's, which reads the authority's certificate anew: that may have been replaced meanwhile. */
  function open<T>(address: string, refusal: string, work: (database: CommandDatabase) => Promise<T>): Promise<T> {
    return withPatience(
      async () => {
        const client = createMongoClient(address, settings.worker);
        try {
          await client.connect();
          return await work(client.db(database));
        } finally {
          await client.close();
        }
      },
      { ...patience, refusal },
    );
  }

  await open(
    mongoUri,
    'the database refuses the login of MONGODB_URI: check that its Secret holds the password that the database was first ' +
      'started with. A volume keeps the users that were created on it, whatever the Secret says now: restore that ' +
      'password, or delete the volume with all its data',
    async (opened) => {
      // Tried again from the first when one fails: who is there is given the same once more.
      for (const user of users) {
        const done = await ensureUser(opened, user);
        log.info({ user: user.name, database, role: user.role }, `${done} the user`);
      }
    },
  );
  for (const user of users) {
    await open(
      addressFor(mongoUri, user),
      `the database refuses the login of the user ${user.name}, who was given it just now: is somebody else changing it?`,
      checkAccess,
    );
    log.info({ user: user.name, database }, 'the user can log in and read the database');
  }
});
