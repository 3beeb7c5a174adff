// Science: small discoveries.
import { ENGLISH } from '../words.ts';
import type { Desk } from './desk.ts';

export const SCIENCE: Desk = {
  name: 'science',
  category: 'Science',
  voice: ENGLISH,
  templates: [
    {
      title: 'Researchers in {place} describe {a colour} {creature} that nobody had noticed',
      sentences: [
        'The {creature} lives within sight of the {structure} and is {size=3-48} millimetres long.',
        'It was found by {group} on an outing from {place2}.',
        'A name is to be chosen in {season}.',
      ],
    },
    {
      title: 'Observatory at {place} follows {a colour} {sky} for {nights=9-180} nights',
      sentences: [
        'The {sky} can be seen with binoculars from {weekday}, if {weather} does not return.',
        'The data were recorded by {a device} that students built themselves.',
        'All pictures are free to use.',
      ],
    },
    {
      title: '{artefact} found in {place} is {years=300-3900/100} years older than thought',
      sentences: [
        'Experts in archaeology dated the {artefact} with help from {place2}.',
        'It came to light during repairs to the {structure}.',
        'Visitors can see it from {weekday}.',
      ],
    },
    {
      title: 'University of {place} opens a school of {field} in its former {structure}',
      sentences: [
        'There is room for {people=40-480/10} students, who will also learn some {field2}.',
        'The conversion took {duration}.',
        '{place2} has contributed a collection of {specimens=900-9800/100} specimens.',
      ],
    },
    {
      title: 'Why the {animal} of {place} sings at night: {field} has an answer',
      sentences: [
        'Traffic on the road to {place2} is quieter after {hour=9-11} in the evening, and songs carry further.',
        'The team listened for {duration}.',
        '{group} helped with {recordings=1100-9900/100} recordings.',
      ],
    },
    {
      title: 'Walls of {material} stay dry for {duration}, study from {place} finds',
      sentences: [
        'The team built {walls=12-84} of them and waited for {weather}.',
        'Costs were {percent=11-57} per cent lower than for ordinary plaster.',
        'A house in {place2} is to be built next.',
      ],
    },
    {
      title: '{group} map every {tree} in {place}, {trees=1100-9900/10} in all',
      sentences: [
        'The map shows that {tree} leaves open {days=2-13} days earlier than {years=20-60} years ago.',
        'The work was led by the department of {field} in {place2}.',
        'The data can be downloaded by anybody.',
      ],
    },
    {
      title: 'Lake near {place} is {metres=12-190} metres deeper than on any map',
      sentences: [
        'A probe by {company} measured the lake during {weather}.',
        'On the bottom it saw {a colour} {creature} and {a artefact}.',
        'A second dive is planned for {season}.',
      ],
    },
    {
      title: 'A {device} for whales: {place} tests quiet buoys off {place2}',
      sentences: [
        'The buoys weigh {weight=14-96} kilograms and are made of {material}.',
        'They warn ships without disturbing anybody under water.',
        'First results are expected in {season}, after {duration}.',
      ],
    },
    {
      title: 'Seeds from {years=90-900/10} years ago sprout in {place}',
      sentences: [
        'They had been lying in {a artefact} in the {structure}.',
        'The first plant looks like {a colour} fern, say specialists in {field}.',
        'A cutting goes to {place2}.',
      ],
    },
  ],
};
