// The live page: takes the monitor's events to the parts of the page.
import type { BoardSnapshot, ConsumersEvent, DlqView, SourcesEvent, Totals } from '../snapshot.ts';
import { Announcer } from './announcer.ts';
import { setClock, startClock } from './clock.ts';
import { ConsumerTable, describeTotalLag } from './consumer-table.ts';
import { DeadLetterList } from './dead-letter-list.ts';
import { find, setText } from './dom.ts';
import { formatCount, formatLatency, formatMoment, formatRate } from './format.ts';
import { follow } from './live.ts';
import { NewsList } from './news-list.ts';
import { SourceCards } from './source-cards.ts';

const announcer = new Announcer(find('announcement'));
const news = new NewsList();
const table = new ConsumerTable();
const cards = new SourceCards();
const deadLetters = new DeadLetterList();
const pauseButton = find<HTMLButtonElement>('pause');

let connection: 'connecting' | 'live' | 'reconnecting' = 'connecting';
let paused = false;
let loaded = false;
/** What arrived during a pause, the latest of each part. */
const held = new Map<string, () => void>();

/** Shows now, or after the pause what was last asked for under this name. */
function show(part: string, render: () => void): void {
  if (paused) held.set(part, render);
  else render();
}

function showTotals(totals: Totals): void {
  setText(find('figure-processed'), formatCount(totals.processed));
  setText(find('figure-rate'), formatRate(totals.perSecond));
  setText(find('figure-latency'), totals.medianLatencyMs === null ? '–' : formatLatency(totals.medianLatencyMs));
}

function showConsumers(event: ConsumersEvent): void {
  setClock(event.now);
  show('totals', () => showTotals(event.totals));
  show('consumers', () => {
    table.update(event);
    const lag = describeTotalLag(event.consumers);
    setText(find('figure-lag'), lag.text);
    find('figure-lag').classList.toggle('uncertain', !lag.certain);
  });
}

const showSources = (event: SourcesEvent) => show('sources', () => cards.update(event));
const showDlq = (event: DlqView) => show('dlq', () => deadLetters.update(event));

function showSnapshot(board: BoardSnapshot): void {
  setText(find('pipeline'), board.pipeline);
  const database = board.database === '' ? '' : ` Database: ${board.database}.`;
  setText(find('about'), `Monitor started ${formatMoment(board.startedAt)}.${database}`);
  showConsumers(board);
  showSources(board);
  showDlq(board.dlq);
  const count = news.add(board.news, 0);
  if (loaded) announcer.countNews(count);
  loaded = true;
}

function showState(): void {
  const state = connection === 'live' && paused ? 'paused' : connection;
  const texts = { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting…', paused: 'Paused' };
  find('state').dataset.state = state;
  setText(find('state-text'), texts[state]);
}

function setConnection(next: 'live' | 'reconnecting'): void {
  if (connection === 'live' && next === 'reconnecting') announcer.say('Connection lost, reconnecting');
  if (connection === 'reconnecting' && next === 'live') announcer.say('Live again');
  connection = next;
  showState();
}

function setPaused(next: boolean): void {
  paused = next;
  setText(pauseButton, paused ? 'Resume' : 'Pause');
  news.setPaused(paused);
  if (!paused) {
    for (const render of held.values()) render();
    held.clear();
  }
  showState();
}

pauseButton.addEventListener('click', () => setPaused(!paused));
startClock();
follow({
  snapshot: showSnapshot,
  news: (event) => {
    announcer.countNews(news.add(event.items, event.skipped));
    show('totals', () => showTotals(event.totals));
  },
  consumers: showConsumers,
  sources: showSources,
  dlq: showDlq,
  state: setConnection,
});
