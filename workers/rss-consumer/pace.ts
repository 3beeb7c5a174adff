// Lets other work of the process run while a big document is being read.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the event loop may be held without a pause. */
const SLICE_MS = 15;

/** Returns a function to await between steps: it gives the event loop a turn whenever a slice of time has been used up. */
export function createPace(): () => Promise<void> | undefined {
  let sliceStart = performance.now();
  return () => {
    if (performance.now() - sliceStart < SLICE_MS) return undefined;
    return nextTurn().then(() => {
      sliceStart = performance.now();
    });
  };
}
