// Town and country: what happens in places that are on no map.
import { ENGLISH } from '../words.ts';
import type { Desk } from './desk.ts';

export const WORLD: Desk = {
  name: 'world',
  category: 'World',
  voice: ENGLISH,
  templates: [
    {
      title: '{place} reopens its {structure} after {duration} of repairs',
      sentences: [
        'The {structure} in {place} had been closed since {fault} was found in {season}.',
        'The town marked the day with {festivity}.',
        'About {visitors=1200-9800/100} visitors are expected in the first month.',
      ],
    },
    {
      title: '{vehicle} between {place} and {place2} returns for the {season}',
      sentences: [
        'The first {vehicle} leaves {place} at {hour=6-9}:15 on {weekday}.',
        'The service had been suspended for {duration} because of works in {place2}.',
        'Tickets are free for children under {age=8-14}.',
      ],
    },
    {
      title: '{group} in {place} plant {trees=120-980/10} trees in one weekend',
      sentences: [
        'Most of them line the road to {place2}, where {weather} had thinned out the old avenue.',
        'A single {tree} was planted by the youngest helper, aged {age=5-9}.',
        'The next planting weekend is due in {season}.',
      ],
    },
    {
      title: "{a animal} moves into {place}'s {structure}",
      sentences: [
        'Staff noticed the {animal} on {weekday} and have put up a small fence.',
        'Opening hours stay as they are, but guides in {place} ask visitors to keep their voices down.',
        'A camera shows the newcomer day and night.',
      ],
    },
    {
      title: '{weather} keeps {place} indoors: {structure} stays shut until {weekday}',
      sentences: [
        'Schools in {place} and {place2} were open as usual, though half the buses ran late.',
        'The council lent out {lamps=40-400/10} lamps and as many blankets.',
        'Forecasters expect milder air by {weekday}.',
      ],
    },
    {
      title: '{place} market bakes {a dish} of {weight=60-480} kilograms',
      sentences: [
        'It took {group} {hours=5-19} hours and was gone in {minutes=11-55} minutes.',
        "The recipe comes from {place2}, which calls the result 'respectable'.",
        'Anything left over went to the kitchen of the {structure}.',
      ],
    },
    {
      title: 'After {years=20-140} years, {place} and {place2} share one {structure}',
      sentences: [
        'The two towns will split the cost and take turns with the keys.',
        'The old building in {place2} becomes a home for {group}.',
        'A joint opening with {festivity} is planned for {season}.',
      ],
    },
    {
      title: 'Letter posted in {place} arrives {years=12-70} years late',
      sentences: [
        'It was found behind a cupboard when the {structure} in {place2} was cleared.',
        'The sender had asked for the recipe of {a dish}.',
        'The postal service has apologised and refunded the stamp.',
      ],
    },
    {
      title: '{place} counts {birds=210-2900/10} birds, and one unexpected {animal}',
      sentences: [
        'The count by {group} is the largest since records began in {place}.',
        '{weather} had driven many flocks inland from {place2}.',
        'The figures go to the regional atlas in {season}.',
      ],
    },
    {
      title: 'Oldest {tree} of {place} to be moved {metres=15-90} metres for new {structure}',
      sentences: [
        'Gardeners will lift the {tree} on {weekday} with its roots in a crate the size of a bus.',
        'Planners in {place} first asked {group}, who would not hear of felling it.',
        'The move takes {hours=6-20} hours.',
      ],
    },
  ],
};
