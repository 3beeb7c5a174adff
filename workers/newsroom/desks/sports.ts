// Sports: results of leagues that play nowhere.
import { ENGLISH } from '../words.ts';
import type { Desk } from './desk.ts';

export const SPORTS: Desk = {
  name: 'sports',
  category: 'Sports',
  voice: ENGLISH,
  templates: [
    {
      title: '{team} beat {team2} {score} in the {cup}',
      sentences: [
        'The decisive goal fell in minute {minute=61-89}, in front of {crowd=1200-18900/100} spectators.',
        '{weather} had delayed the start by half an hour.',
        'The return match is on {weekday}.',
      ],
    },
    {
      title: '{team} hold {team2} to a draw in {weather}',
      sentences: [
        'Neither side found a way through in the {cup}.',
        'The keeper of the visitors saved {saves=6-19} shots.',
        'Both remain in the upper half of the table.',
      ],
    },
    {
      title: '{team} end run of {matches=4-17} matches without a win: {score} against {team2}',
      sentences: [
        'The supporters sang for {minutes=11-48} minutes after the whistle.',
        'The coach spoke of patience, and of {dish}.',
        'Next comes the {cup} on {weekday}.',
      ],
    },
    {
      title: '{place} to host {sport} championship with {people=300-2900/100} athletes in {season}',
      sentences: [
        'It prevailed over {place2} by a single vote.',
        'Most of them will stay with families.',
        'The finals take place in front of the {structure}.',
      ],
    },
    {
      title: 'Record over {distance} falls in {place} by {tenths=2-9} tenths of a second',
      sentences: [
        'The old mark had stood for {years=6-41} years.',
        'Conditions were perfect after {weather}.',
        'The runner, who trains with {group} in {place2}, had not planned to start.',
      ],
    },
    {
      title: '{sport}: {place} and {place2} tied after {rounds=5-19} rounds',
      sentences: [
        'The {cup} will be decided on {weekday}.',
        'Judges needed {minutes=12-50} minutes to agree on the last point.',
        'Entry is free for {group}.',
      ],
    },
    {
      title: '{team} bring in {a sport} coach to train their defence',
      sentences: [
        'The idea came from {group} during {a season} break.',
        'In the last {matches=3-12} matches the team had conceded {goals=11-39} goals.',
        'The first test is against {team2}.',
      ],
    },
    {
      title: "{place}'s {distance} run draws {runners=600-9900/100} runners and {a animal}",
      sentences: [
        'The {animal} covered the last bend and was given a medal.',
        'The course leads past the {structure} to {place2}.',
        'The winner was {minutes=2-9} minutes ahead.',
      ],
    },
    {
      title: 'New {sport} hall in {place} opens with {score} for {team}',
      sentences: [
        'The hall seats {seats=800-6400/100} and is built of {material}.',
        'The opponents from {team2} took the defeat in good humour.',
        '{group} train there from {weekday}.',
      ],
    },
    {
      title: '{team} reach the final of the {cup} on penalties',
      sentences: [
        '{team2} missed the {nth=5-11}th attempt.',
        'It is the first final for the club in {years=7-63} years.',
        'Special trains run from {place}.',
      ],
    },
  ],
};
