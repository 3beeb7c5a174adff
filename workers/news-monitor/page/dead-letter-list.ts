// The dead letters: the reasons of the latest, and how each is put back.
import type { DeadLetter, DlqView } from '../snapshot.ts';
import { time } from './clock.ts';
import { copyable } from './copyable.ts';
import { element, find, setChildren, setText } from './dom.ts';
import { formatCount, plural } from './format.ts';
import { replayCommand } from './replay-command.ts';

function letterItem(letter: DeadLetter, template: string): HTMLLIElement {
  const origin = `${letter.stream} → ${letter.consumer}`;
  return element(
    'li',
    { class: 'card' },
    element('p', { class: 'reason', dir: 'auto' }, letter.reason),
    element(
      'p',
      { class: 'meta' },
      element('span', {}, origin),
      element('span', {}, `message ${letter.sequence}`),
      element('span', {}, plural(letter.deliveries, 'delivery', 'deliveries')),
      time('age', letter.at),
    ),
    ...(template === ''
      ? []
      : [
          copyable(
            replayCommand(letter, template),
            `Copy the command that replays dead letter ${letter.sequenceInDlq}`,
          ),
        ]),
  );
}

export class DeadLetterList {
  readonly #list = find('dlq-list');
  /** By what they show, so that the focus on a button survives an update. */
  #items = new Map<string, HTMLLIElement>();

  /** What puts a letter back, `{sequence}` in it; the empty string for nothing. */
  replayCommand = '';

  update({ total, latest }: DlqView): void {
    const known = typeof total === 'number';
    const partial = known && latest.length > 0 && total > latest.length;
    setText(find('dlq-note'), partial ? `latest ${latest.length} of ${formatCount(total)}` : '');
    const empty = find('dlq-empty');
    setText(empty, known ? 'Nothing had to be put aside.' : `How many there are is unknown: ${total.unknown}`);
    empty.hidden = known && (total > 0 || latest.length > 0);
    const items = new Map<string, HTMLLIElement>();
    for (const letter of latest) {
      const key = JSON.stringify([letter, this.replayCommand]);
      items.set(key, this.#items.get(key) ?? letterItem(letter, this.replayCommand));
    }
    this.#items = items;
    setChildren(this.#list, [...items.values()]);
  }
}
