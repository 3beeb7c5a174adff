import { describe, expect, it } from 'vitest';
import { blankFeedState, type FeedState } from '../../contract/feed-state.ts';
import type { NewsSourceSpec, NewsSourceStatus } from '../../contract/news-source.ts';
import { judge, type Outcome } from './judgement.ts';
import { SourceReader, type SourceView } from './source-view.ts';
import { type Finding, statusOf } from './status.ts';

const NOW = '2026-01-02T00:00:00.000Z';
const BEFORE = '2026-01-01T00:00:00.000Z';
const finding = (status: Finding['status'], reason: string): Finding => ({ status, reason, message: 'because' });
const FINDINGS = { Accepted: finding('True', 'Valid'), Ready: finding('False', 'Progressing') };
const feed = (name: string, state: Partial<FeedState>): FeedState => ({
  ...blankFeedState({ source: 'a', feed: name, url: 'https://a.example' }),
  ...state,
});
const minute = (at: number): string => `2026-01-01T00:${String(at).padStart(2, '0')}:00.000Z`;
const failing = (name: string, at: number): FeedState =>
  feed(name, { status: 'failing', lastError: `error ${name}`, lastPollAt: minute(at) });

describe('statusOf', () => {
  const observe = (states: readonly FeedState[] | undefined, total = 1, before?: NewsSourceStatus) =>
    statusOf({ generation: 3, findings: FINDINGS, total, states }, before, NOW);

  it('counts feeds by their last poll', () => {
    const states = [
      feed('ok', { lastPollAt: minute(5), lastSuccessAt: minute(5) }),
      feed('new', {}),
      failing('bad', 7),
      feed('gone', { status: 'gone', lastError: 'HTTP status 410', lastPollAt: minute(1) }),
    ];
    expect(observe(states, 5)).toMatchObject({
      observedGeneration: 3,
      feeds: { total: 5, ok: 1, failing: 1, gone: 1 },
      errors: [
        { feed: 'bad', reason: 'error bad', at: minute(7) },
        { feed: 'gone', reason: 'HTTP status 410', at: minute(1) },
      ],
      lastPoll: minute(7),
    });
  });

  it('lists the latest errors, and no more than ten', () => {
    const errors = observe(
      Array.from({ length: 30 }, (_, index) => failing(`f${index}`, index)),
      30,
    ).errors;
    expect(errors?.map(({ feed: name }) => name)).toEqual(Array.from({ length: 10 }, (_, index) => `f${29 - index}`));
  });

  it('clips what a server has to say', () => {
    const [error] = observe([feed('a', { ...failing('a', 1), lastError: 'x'.repeat(5_000) })]).errors ?? [];
    expect(error?.reason.length).toBe(200);
  });

  it('keeps what was said of feeds while they can’t be read', () => {
    const before = observe([failing('bad', 7)]);
    expect(observe(undefined, 2, before)).toEqual({ ...before, feeds: { total: 2, ok: 0, failing: 1, gone: 0 } });
    expect(observe(undefined)).toMatchObject({ feeds: { total: 1, ok: 0, failing: 0, gone: 0 }, errors: [] });
  });

  it('dates a condition by when it last became another', () => {
    const condition = (type: 'Accepted' | 'Ready', status: Finding['status']) => ({
      ...{ type, ...finding(status, 'Other'), lastTransitionTime: BEFORE, observedGeneration: 2 },
    });
    const before = { conditions: [condition('Accepted', 'True'), condition('Ready', 'True')] };
    expect(observe([], 1, before).conditions?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
      BEFORE,
      NOW,
    ]);
  });
});

describe('judge', () => {
  const SPEC: NewsSourceSpec = { kind: 'rss', feeds: [{ url: 'https://a.example' }] };
  const viewOf = (spec = SPEC, metadata: object = {}): SourceView =>
    new SourceReader().read([{ metadata: { name: 'a', uid: 'u', generation: 1, ...metadata }, spec }])[0] as SourceView;
  const deployment = (replicas: number, readyReplicas: number) => () => ({
    ...{ metadata: { name: 'x' }, spec: { replicas }, status: { readyReplicas } },
  });
  const READY = deployment(1, 1);
  const PARTLY = viewOf({ kind: 'rss', feeds: [{ url: 'https://a.example' }, { url: 'ftp://b' }] });
  const DELETED = viewOf(SPEC, { deletionTimestamp: NOW, finalizers: ['newsjet.io/drain'] });

  it.each<[string, Partial<Outcome>, Parameters<typeof judge>[1], string, string, RegExp]>([
    ['is collected', {}, READY, 'True Valid', 'True Collecting', /workers/],
    ['is collected while its workers sleep', {}, deployment(0, 0), 'True Valid', 'True Collecting', /workers/],
    ['starts', {}, deployment(1, 0), 'True Valid', 'False Progressing', /a-consumer and a-exporter to start/],
    ['has no workers yet', {}, () => undefined, 'True Valid', 'False Progressing', /to start/],
    ['waits', { waitsFor: 'servers' }, () => undefined, 'True Valid', 'False Progressing', /waiting for servers/],
    [
      'waits for what failed',
      { interruption: 'no quorum' },
      () => undefined,
      'True Valid',
      'False Progressing',
      /waiting for what failed: no quorum/,
    ],
    ['goes on while others wait', { waitsFor: 'servers' }, READY, 'True Valid', 'True Collecting', /workers/],
    [
      'goes on, whatever became of its changes',
      { interruption: 'no quorum' },
      READY,
      'True Valid',
      'True Collecting',
      /workers are there, but changes may not be in effect yet: no quorum/,
    ],
    ['goes on with what is right', { view: PARTLY }, READY, 'False PartlyValid', 'True Collecting', /workers/],
    [
      'is refused',
      { refusal: { reason: 'NameTaken', message: 'taken' } },
      READY,
      'False NameTaken',
      'False NotAccepted',
      /taken/,
    ],
    ['fails', { failure: 'quota' }, READY, 'True Valid', 'False Failed', /quota/],
    [
      'is retired',
      { view: DELETED, step: { name: 'drain', waitsFor: '2 documents' } },
      READY,
      'True Valid',
      'False Draining',
      /worked off: waiting for 2 documents/,
    ],
  ])('says when a source %s', (_, outcome, deployments, accepted, ready, message) => {
    const { Accepted, Ready } = judge({ view: viewOf(), ...outcome }, deployments);
    expect(`${Accepted.status} ${Accepted.reason}`).toBe(accepted);
    expect(`${Ready.status} ${Ready.reason}`).toBe(ready);
    expect(Ready.message).toMatch(message);
  });
});
