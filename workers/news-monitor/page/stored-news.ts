// Asks news-reader for stored news, and says plainly why there is no answer when there is none.
import type { NewsPage, NewsProblem } from '../../contract/news-api.ts';
import { apiAddress, type NewsQuestion } from './news-question.ts';

/** No answer, and why, for people. */
export interface NoAnswer {
  readonly problem: string;
  /** Whether asking again later may help. */
  readonly again: boolean;
}

const NO_READER = 'Stored news can’t be searched here: no news-reader runs in this pipeline.';

async function explain(response: Response): Promise<NoAnswer> {
  const problem = (await response.json().catch(() => ({}))) as Partial<NewsProblem>;
  const reason = typeof problem.error === 'string' ? problem.error : `answered ${response.status}`;
  if (response.status === 404) return { problem: NO_READER, again: false };
  if (response.status === 400) return { problem: `This can’t be searched for: ${reason}`, again: false };
  return { problem: `Stored news can’t be read right now: ${reason}`, again: true };
}

/**
 * Asks for a page of stored news.
 * @param cursor the `next` of the page before
 * @returns the page, or why there is none; undefined when `signal` cut it short
 */
export async function askNews(
  question: NewsQuestion,
  signal: AbortSignal,
  cursor?: string,
): Promise<NewsPage | NoAnswer | undefined> {
  try {
    const response = await fetch(apiAddress(question, cursor), { signal, headers: { Accept: 'application/json' } });
    return response.ok ? ((await response.json()) as NewsPage) : await explain(response);
  } catch (error) {
    if (signal.aborted) return undefined;
    return { problem: `Stored news can’t be read right now: ${(error as Error).message}`, again: true };
  }
}
