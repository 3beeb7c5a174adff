// The dead letters: how many, and the reasons of the latest.
import type { DeadLetter, DlqView } from '../snapshot.ts';
import { time } from './clock.ts';
import { element, find, setText } from './dom.ts';
import { formatCount, plural } from './format.ts';

function letterItem(letter: DeadLetter): HTMLLIElement {
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
  );
}

export class DeadLetterList {
  readonly #list = find('dlq-list');
  #rendered = '';

  update({ total, latest }: DlqView): void {
    const known = typeof total === 'number';
    const figure = find('figure-dlq');
    setText(figure, known ? formatCount(total) : 'unknown');
    figure.classList.toggle('alarm', known && total > 0);
    figure.classList.toggle('uncertain', !known);
    const partial = known && latest.length > 0 && total > latest.length;
    setText(find('dlq-note'), partial ? `latest ${latest.length} of ${formatCount(total)}` : '');
    const empty = find('dlq-empty');
    setText(empty, known ? 'Nothing had to be put aside.' : `How many there are is unknown: ${total.unknown}`);
    empty.hidden = known && (total > 0 || latest.length > 0);
    const rendered = JSON.stringify(latest);
    if (rendered === this.#rendered) return;
    this.#rendered = rendered;
    this.#list.replaceChildren(...latest.map(letterItem));
  }
}
