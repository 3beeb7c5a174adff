// mongodb-user: gives the application a user of its own, which may use its database and nothing else, and ends.
import { integer, text } from '../runtime/environment.ts';
import { runJob } from '../runtime/job.ts';
import { createMongoClient, MONGO_OPTIONS } from '../runtime/mongo.ts';
import { type CommandDatabase, checkAccess, ensureUser } from './application-user.ts';
import { withPatience } from './patience.ts';
import { type ApplicationUser, addressFor } from './user-address.ts';

const OPTIONS = {
  /** `MONGODB_URI` is the address of somebody who may create users. */
  ...MONGO_OPTIONS,
  username: text('USERNAME', { secret: true }),
  password: text('PASSWORD', { secret: true }),
  /** How long the database may refuse a login: on a new volume its first user is created while it starts. */
  loginTimeoutMs: integer('LOGIN_TIMEOUT_MS', 0, 3_600_000, { otherwise: 120_000 }),
};

const SPEC = {
  goal: 'the user was there',
  deadline: integer('TIMEOUT_MS', 1_000, 3_600_000, { otherwise: 600_000 }),
};

await runJob(OPTIONS, SPEC, async ({ settings, log, signal, onFailure }) => {
  const { mongoUri, mongoDatabase, username, password, loginTimeoutMs } = settings;
  const user: ApplicationUser = { name: username, password, database: mongoDatabase };
  const patience = { signal, log, loginTimeoutMs, onFailure };

  async function open<T>(
    address: string,
    refusal: string,
    work: (database: CommandDatabase) => Promise<T>,
  ): Promise<T> {
    const client = createMongoClient(address, settings.worker);
    try {
      return await withPatience(
        async () => {
          await client.connect();
          return work(client.db(mongoDatabase));
        },
        { ...patience, refusal },
      );
    } finally {
      await client.close();
    }
  }

  const done = await open(
    mongoUri,
    'the database refuses the login of MONGODB_URI: check that its Secret holds the password that the database was first ' +
      'started with. A volume keeps the users that were created on it, whatever the Secret says now: restore that ' +
      'password, or delete the volume with all its data',
    (database) => ensureUser(database, user),
  );
  log.info({ user: username, database: mongoDatabase }, `${done} the user, who may read and write the database`);
  await open(
    addressFor(mongoUri, user),
    `the database refuses the login of the user ${username}, who was ${done} just now: is somebody else changing it?`,
    checkAccess,
  );
  log.info({ user: username, database: mongoDatabase }, 'the user can log in and read the database');
});
