// Searching the stored news: what is typed and chosen, the page's address, and the answers.
import type { Announcer } from './announcer.ts';
import { element, find, setChildren, setText } from './dom.ts';
import { plural } from './format.ts';
import { feedAddress, type NewsQuestion, pageAddress, readQuestion, sameQuestion } from './news-question.ts';
import { NewsResults } from './news-results.ts';
import { askNews } from './stored-news.ts';

/** Silence after a keystroke before it searches. */
const TYPING_PAUSE_MS = 300;
const FEEDS = ['atom', 'rss', 'json'] as const;

/** Shows answers instead of the live news, which go on behind them; the page's address says what is asked. */
export class NewsSearch {
  readonly #announcer: Announcer;
  readonly #input = find<HTMLInputElement>('search');
  readonly #select = find<HTMLSelectElement>('source');
  readonly #problem = find('search-problem');
  readonly #meanwhile = find('meanwhile');
  readonly #results = new NewsResults();
  #question: NewsQuestion | null = null;
  /** Live news since the question was answered. */
  #newSince = 0;
  #typing: number | undefined;
  #asking = new AbortController();

  constructor(announcer: Announcer) {
    this.#announcer = announcer;
    this.#input.addEventListener('input', () => {
      window.clearTimeout(this.#typing);
      this.#typing = window.setTimeout(() => this.#ask(this.#typed(), 'typing'), TYPING_PAUSE_MS);
    });
    this.#input.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      // The browser's own way of clearing the field would search for everything of the source.
      event.preventDefault();
      this.#ask(null);
    });
    find('search-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#ask(this.#typed(), 'again');
    });
    this.#select.addEventListener('change', () => this.#ask(this.#typed()));
    find('browse').addEventListener('click', () => {
      this.#ask({ query: '', sources: [] });
      find('news').focus({ preventScroll: true });
      find('news').scrollIntoView({ block: 'start' });
    });
    find('back-to-live').addEventListener('click', () => {
      this.#ask(null);
      this.#input.focus();
    });
    for (const id of ['search-again', 'problem-again']) {
      find(id).addEventListener('click', () => {
        find('news').focus({ preventScroll: true });
        void this.#answer();
      });
    }
    find('results-more').addEventListener('click', () => void this.#answer(this.#results.next));
    window.addEventListener('popstate', () => this.#turnTo(readQuestion(location.search)));
    this.#turnTo(readQuestion(location.search));
  }

  /** Whether stored news are answered here; where not, nothing offers to search them. */
  set available(available: boolean) {
    for (const id of ['search-form', 'feeds', 'browse']) find(id).hidden = !available;
  }

  /** Offers these sources in the filter. */
  offerSources(sources: readonly string[]): void {
    const chosen = this.#question?.sources ?? [];
    const names = [...new Set([...sources, ...chosen.slice(0, 1)])].sort();
    const texts = [...this.#select.options].slice(1).map(({ value }) => value);
    if (texts.join('\n') === names.join('\n')) return;
    const all = this.#select.options[0] as HTMLOptionElement;
    const kept = new Map([...this.#select.options].map((option) => [option.value, option]));
    setChildren(this.#select, [
      all,
      ...names.map((name) => kept.get(name) ?? element('option', { value: name }, name)),
    ]);
    this.#select.value = chosen[0] ?? '';
  }

  /** Counts live news that arrive behind the answers. */
  countNews(count: number): void {
    if (this.#question === null || count === 0) return;
    this.#newSince += count;
    setText(find('meanwhile-text'), `${plural(this.#newSince, 'new item')} since`);
    this.#meanwhile.hidden = false;
  }

  #typed(): NewsQuestion | null {
    const query = this.#input.value.trim();
    const sources = this.#select.value === '' ? [] : [this.#select.value];
    return query === '' && sources.length === 0 ? null : { query, sources };
  }

  /** Asks, and writes the address: what is typed on replaces its own beginning, everything else can be gone back from. */
  #ask(question: NewsQuestion | null, how: 'anew' | 'typing' | 'again' = 'anew'): void {
    window.clearTimeout(this.#typing);
    if (sameQuestion(question, this.#question)) {
      if (question === null) this.#writeControls(null);
      else if (how === 'again') void this.#answer();
      return;
    }
    const address = pageAddress(location.pathname, question);
    if (how === 'typing' && this.#question !== null && history.state?.typing) {
      history.replaceState({ typing: true }, '', address);
    } else {
      history.pushState({ typing: how === 'typing' }, '', address);
    }
    this.#turnTo(question, how === 'typing');
  }

  #turnTo(question: NewsQuestion | null, typing = false): void {
    const before = this.#question;
    this.#question = question;
    this.#asking.abort();
    if (!typing) this.#writeControls(question);
    this.#writeFeedLinks(question);
    this.#showProblem(undefined);
    if (question !== null) {
      void this.#answer();
      return;
    }
    this.#results.clear();
    this.#showResults(false);
    if (before !== null) this.#announcer.say('Live news');
  }

  async #answer(cursor?: string): Promise<void> {
    const question = this.#question;
    if (question === null) return;
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    find('results').setAttribute('aria-busy', 'true');
    const answer = await askNews(question, signal, cursor);
    if (answer === undefined || signal.aborted) return;
    find('results').removeAttribute('aria-busy');
    if ('problem' in answer) {
      this.#showProblem(answer.problem, answer.again);
      // What was found stays while the page after it can't be had; without anything found, the live news are shown.
      if (cursor === undefined) this.#showResults(false);
      return;
    }
    this.#showProblem(undefined);
    const say = cursor === undefined ? this.#results.show(question, answer) : this.#results.append(question, answer);
    if (cursor === undefined) {
      this.#newSince = 0;
      this.#meanwhile.hidden = true;
    }
    this.#showResults(true);
    this.#announcer.say(say);
  }

  #showResults(shown: boolean): void {
    this.#results.shown = shown;
    find('live').hidden = shown;
  }

  #showProblem(problem: string | undefined, again = false): void {
    this.#problem.hidden = problem === undefined;
    setText(find('problem-text'), problem ?? '');
    find('problem-again').hidden = !again;
    if (problem !== undefined) this.#announcer.say(`${problem} The live news are shown.`);
  }

  #writeControls(question: NewsQuestion | null): void {
    window.clearTimeout(this.#typing);
    this.#input.value = question?.query ?? '';
    const source = question?.sources[0] ?? '';
    if (![...this.#select.options].some(({ value }) => value === source)) {
      this.#select.append(element('option', { value: source }, source));
    }
    this.#select.value = source;
  }

  #writeFeedLinks(question: NewsQuestion | null): void {
    for (const feed of FEEDS) {
      const address = feedAddress(feed, question);
      find(`feed-${feed}`).setAttribute('href', address);
      document.getElementById(`alternate-${feed}`)?.setAttribute('href', address);
    }
  }
}
