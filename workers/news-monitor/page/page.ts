// The live page: takes the monitor's events to the parts of the page.
import type { BoardSnapshot, ConsumersEvent, DlqView, FlowEvent, History, SourcesEvent } from '../snapshot.ts';
import { Announcer } from './announcer.ts';
import { setClock, startClock } from './clock.ts';
import { ConsumerTable } from './consumer-table.ts';
import { DeadLetterList } from './dead-letter-list.ts';
import { find, setText } from './dom.ts';
import { Figures } from './figures.ts';
import { FlowDrawing } from './flow-drawing.ts';
import { formatMoment } from './format.ts';
import { HistoryKeeper } from './history.ts';
import { setSources } from './hues.ts';
import { follow } from './live.ts';
import { NewsList } from './news-list.ts';
import { NewsSearch } from './news-search.ts';
import { SourceCards } from './source-cards.ts';

const announcer = new Announcer(find('announcement'));
const figures = new Figures();
const drawing = new FlowDrawing();
const news = new NewsList();
const search = new NewsSearch(announcer);
const table = new ConsumerTable();
const cards = new SourceCards();
const deadLetters = new DeadLetterList();
const history = new HistoryKeeper((whole) => show('history', () => showHistory(whole)));
const pauseButton = find<HTMLButtonElement>('pause');

let connection: 'connecting' | 'live' | 'reconnecting' = 'connecting';
let paused = false;
let loaded = false;
let flow: BoardSnapshot['flow'] = [];
let consumers: ConsumersEvent | undefined;
let deadLetterTotal: DlqView['total'] = { unknown: 'not read yet' };
/** What arrived during a pause, the latest of each part. */
const held = new Map<string, () => void>();

/** Shows now, or after the pause what was last asked for under this name. */
function show(part: string, render: () => void): void {
  if (paused) held.set(part, render);
  else render();
}

function showHistory(whole: History): void {
  figures.showHistory(whole);
  table.showHistory(whole);
}

function draw(): void {
  if (!consumers) return;
  drawing.update({
    flow,
    consumers: consumers.consumers,
    replicas: consumers.replicas,
    deadLetters: deadLetterTotal,
  });
}

function showConsumers(event: ConsumersEvent): void {
  setClock(event.now);
  show('totals', () => figures.showTotals(event.totals));
  show('consumers', () => {
    consumers = event;
    table.update(event);
    figures.showLag(event.consumers);
    draw();
  });
}

function showSources(event: SourcesEvent): void {
  const names = event.sources.map(({ source }) => source);
  setSources(names);
  search.offerSources(names);
  show('sources', () => cards.update(event));
}

const showFlow = (event: FlowEvent) =>
  show('flow', () => {
    flow = event.flow;
    draw();
  });

const showDlq = (event: DlqView) =>
  show('dlq', () => {
    deadLetterTotal = event.total;
    deadLetters.update(event);
    figures.showDeadLetters(event.total);
    draw();
  });

/** Counts what is new where the reader can't see it: to a screen reader, and behind answers. */
function countNews(count: number): void {
  announcer.countNews(count);
  search.countNews(count);
}

function showSnapshot(board: BoardSnapshot): void {
  setText(find('pipeline'), board.pipeline);
  const database = board.database === '' ? '' : ` Database: ${board.database}.`;
  setText(find('about'), `Monitor started ${formatMoment(board.startedAt)}.${database}`);
  figures.showStart(board.startedAt);
  showFlow(board);
  search.available = board.newsApi;
  deadLetters.replayCommand = board.replayCommand;
  showConsumers(board);
  showSources(board);
  showDlq(board.dlq);
  const count = news.add(board.news, 0);
  if (loaded) countNews(count);
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
  // Points may have been missed; the line of the last hour starts anew.
  if (connection !== 'live' && next === 'live') void history.fetch();
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
    countNews(news.add(event.items, event.skipped));
    show('totals', () => figures.showTotals(event.totals));
  },
  consumers: showConsumers,
  sources: showSources,
  flow: showFlow,
  dlq: showDlq,
  point: (point) => history.add(point),
  state: setConnection,
});
