// The command that puts a dead letter back to where it came from.
import type { DeadLetter } from '../snapshot.ts';

/**
 * The command for one letter.
 * @param template what the server says, which knows where it runs: `{sequence}` stands for the letter's sequence in the DLQ
 */
export const replayCommand = ({ sequenceInDlq }: Pick<DeadLetter, 'sequenceInDlq'>, template: string): string =>
  template.replaceAll('{sequence}', String(sequenceInDlq));
