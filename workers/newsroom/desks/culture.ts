// Culture: festivals, museums and stages.
import { ENGLISH } from '../words.ts';
import type { Desk } from './desk.ts';

export const CULTURE: Desk = {
  name: 'culture',
  category: 'Culture',
  voice: ENGLISH,
  templates: [
    {
      title: "{place} festival of {art} turns to '{theme}'",
      sentences: [
        'From {weekday} there are {shows=18-190} performances, most of them around the {structure}.',
        'Guests come from {place2} and further away.',
        'Half of the tickets cost nothing.',
      ],
    },
    {
      title: 'Museum in {place} shows {objects=60-790/10} objects about {theme}',
      sentences: [
        'The oldest is {a artefact} that was lent by {place2}.',
        'Visitors may touch about a third of the exhibits.',
        'The exhibition is open until {season}.',
      ],
    },
    {
      title: '{instrument} from {place} heard again after {years=30-290} years',
      sentences: [
        'It took {group} {duration} to repair the {instrument}.',
        'The first concert in the {structure} was about {theme}.',
        'A recording is in preparation.',
      ],
    },
    {
      title: 'Choir of {group} from {place} fills the {structure} in {place2}',
      sentences: [
        'The evening about {theme} was sold out within {minutes=9-58} minutes.',
        '{a instrument} and {a instrument2} joined in for the encore.',
        'The choir meets every {weekday}.',
      ],
    },
    {
      title: "'{theme}' wins the {place} prize for {art}",
      sentences: [
        'The jury in {place} read or watched {entries=48-860} entries.',
        'It praised a work that is light without being slight.',
        'The prize is {a colour} {artefact}.',
      ],
    },
    {
      title: 'Library of {place} lends {instruments=14-130} instruments, {a instrument} among them',
      sentences: [
        'Anyone who asks may take one home, even {a instrument2}.',
        'Neighbours have been told.',
        'Lessons take place on {weekday} in the {structure}.',
      ],
    },
    {
      title: '{place} paints its {structure} {colour}, and not everybody is pleased',
      sentences: [
        'The colour was chosen by {votes=310-2900/10} votes after a debate about {theme}.',
        '{place2} had sent a sample.',
        'It can be painted over after {duration}.',
      ],
    },
    {
      title: 'Night of {art}: {place} stays awake until {hour=2-5} in the morning',
      sentences: [
        'More than {people=1200-9700/100} people walked between the {structure} and the harbour.',
        'The longest queue was for {dish}.',
        'The next one is about {theme}.',
      ],
    },
    {
      title: 'Book about {theme} returned to {place} library after {years=11-97} years',
      sentences: [
        'The fine would have been {coins=140-1900/10} coins and was waived.',
        'The reader had taken the book along to {place2}.',
        'It has {waiting=7-58} reservations already.',
      ],
    },
    {
      title: '{place} and {place2} swap their {art} companies for {duration}',
      sentences: [
        "The first evening in {place} is called '{theme}'.",
        'Sets travel by {vehicle}.',
        'Rehearsals in the {structure} are open to the public on {weekday}.',
      ],
    },
  ],
};
