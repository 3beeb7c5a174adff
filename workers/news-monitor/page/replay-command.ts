// The command that puts a dead letter back to where it came from.
import type { DeadLetter } from '../snapshot.ts';

/**
 * The command for one letter, to be run in the project's folder.
 * @param template what the page was served with in `<html data-replay-command>`: `{sequence}` stands for the letter's
 *   sequence in the DLQ. A server that runs elsewhere than `make run` (such as Kubernetes) may say its own.
 * @default template `make replay SEQUENCE={sequence}`
 */
export function replayCommand(
  { sequenceInDlq }: Pick<DeadLetter, 'sequenceInDlq'>,
  template: string | undefined = document.documentElement.dataset.replayCommand,
): string {
  return (template ?? 'make replay SEQUENCE={sequence}').replaceAll('{sequence}', String(sequenceInDlq));
}
