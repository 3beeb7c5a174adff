// The life of a local command: Ctrl-C asks it to end, a second one insists; errors are told in a sentence, not in a stack.

/** Errors that explain themselves; anything else is a fault of ours, and its stack helps. */
const EXPLAINED = new Set([
  'BootstrapError',
  'BundleMissingError',
  'ClusterPortError',
  'DatabaseNotFoundError',
  'DatabaseStartError',
  'DefinitionError',
  'NatsServerNotFoundError',
  'NewsroomStartError',
  'ManifestTooLargeError',
  'PortTakenError',
  'ProgramError',
  'ProgramMissingError',
  'RolloutError',
  'RunLockedError',
  'ServerStartError',
  'SettingError',
  'ToolFailedError',
  'ToolsError',
  'WaitTimeoutError',
]);

/**
 * Runs a command to its end, and exits: 0 when it returns true, 1 when it returns false or fails.
 * @param run is told by the signal when it should end
 */
export async function command(run: (stop: AbortSignal) => Promise<boolean>): Promise<never> {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    process.exit((await run(stop.signal)) ? 0 : 1);
  } catch (error) {
    const { name, message, stack } = error as Error;
    console.error(EXPLAINED.has(name) ? message : (stack ?? String(error)));
    process.exit(1);
  }
}
