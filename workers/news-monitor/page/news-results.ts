// The list of stored news that answer a question, page by page.
import type { NewsPage } from '../../contract/news-api.ts';
import { find, setText } from './dom.ts';
import { formatCount } from './format.ts';
import { storedItem } from './news-item.ts';
import type { NewsQuestion } from './news-question.ts';

/** What is asked for, in words. */
function describeQuestion({ query, sources }: NewsQuestion): string {
  const of = query === '' ? '' : ` for “${query}”`;
  return sources.length === 0 ? of : `${of} from ${sources.join(', ')}`;
}

export class NewsResults {
  readonly #list = find<HTMLOListElement>('results-list');
  readonly #count = find('results-count');
  readonly #more = find<HTMLButtonElement>('results-more');
  /** Asks for the page after what is shown. */
  next: string | undefined;

  /** Whether the list is shown at all. */
  set shown(shown: boolean) {
    find('results').hidden = !shown;
  }

  /** Shows the first page of an answer instead of what was there; returns what to say of it. */
  show(question: NewsQuestion, page: NewsPage): string {
    this.#list.replaceChildren();
    this.#add(page);
    return this.#describe(question);
  }

  /** Adds a further page and moves the focus to its first item; returns what to say of it. */
  append(question: NewsQuestion, page: NewsPage): string {
    const before = this.#list.childElementCount;
    this.#add(page);
    const first = this.#list.children[before];
    (first?.querySelector('a') ?? find('news')).focus({ preventScroll: true });
    return this.#describe(question);
  }

  clear(): void {
    this.next = undefined;
    this.#list.replaceChildren();
    setText(this.#count, '');
    this.#more.hidden = true;
  }

  #add({ items, next }: NewsPage): void {
    this.#list.append(...items.map(storedItem));
    this.next = next ?? undefined;
    this.#more.hidden = next === null;
  }

  #describe(question: NewsQuestion): string {
    const count = this.#list.childElementCount;
    const what = describeQuestion(question);
    const text =
      count === 0
        ? `No stored news${what}`
        : `${this.next === undefined ? '' : 'Latest '}${formatCount(count)} stored news${what}`;
    setText(this.#count, text);
    return this.next === undefined ? text : `${text}. There are more.`;
  }
}
