// A stream made anew for each test.
import type { JetStreamManager, StreamConfig } from 'nats';
import { waitFor } from '../../../local/wait.ts';

const TIMEOUT_MS = 10_000;

/** Deletes a stream and makes it again; the server may still be clearing away the old one's files for a moment. */
export async function recreateStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { readonly name: string },
): Promise<void> {
  await manager.streams.delete(config.name).catch(() => {});
  await waitFor(`stream ${config.name} is made`, TIMEOUT_MS, () => manager.streams.add(config));
}
