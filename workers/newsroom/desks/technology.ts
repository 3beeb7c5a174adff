// Technology: useful things by companies that nobody can buy from.
import { ENGLISH } from '../words.ts';
import type { Desk } from './desk.ts';

export const TECHNOLOGY: Desk = {
  name: 'technology',
  category: 'Technology',
  voice: ENGLISH,
  templates: [
    {
      title: '{company} shows {a device} made from {material}',
      sentences: [
        'The {device} was presented in {place} and needs {trait}, according to its makers.',
        'It can be opened with an ordinary screwdriver.',
        'The first {units=200-4800/100} units are due in {season}.',
      ],
    },
    {
      title: 'Open {software} from {place} gets by with {trait}',
      sentences: [
        'Version {version=2-19} of the {software} was written by {group} over {duration}.',
        'It replaces a program that the town had used for {years=6-24} years.',
        'The source code is open to anybody.',
      ],
    },
    {
      title: '{lamps=900-9800/100} street lamps in {place} now report their own faults',
      sentences: [
        'Each of them carries a sensor from {company}.',
        'Repairs that used to take {days=6-30} days are done in two.',
        'Residents can still telephone, and many do.',
      ],
    },
    {
      title: '{group} in {place} build {a device} for {price=9-95} coins',
      sentences: [
        'The plans use {material} and parts of an old {device2}.',
        'A workshop on {weekday} drew {people=30-290/10} people.',
        'The instructions are available in {languages=3-21} languages.',
      ],
    },
    {
      title: '{company} recalls {units=300-9900/100} units of its {device}',
      sentences: [
        'A worn spring near the hinge can stop the {device} from closing, the company said in {place}.',
        'Nobody was hurt.',
        'Owners get a new one, or {a device2} if they prefer.',
      ],
    },
    {
      title: '{vehicle} drives {distance=120-980/10} kilometres from {place} on one charge',
      sentences: [
        'The test by {company} ended in {place2} after {hours=7-19} hours, with {weather} on the last stretch.',
        'The battery contains {material}.',
        'Regular service may begin in {season}.',
      ],
    },
    {
      title: 'Old computers of {place} get a second life in {structure}',
      sentences: [
        '{group} repaired {units=40-680/10} machines in {duration}.',
        'They run {a software} that needs {trait}.',
        '{place2} wants to copy the idea.',
      ],
    },
    {
      title: '{company} and {company2} agree on one plug for every {device}',
      sentences: [
        'The plug was designed in {place} and may be used by anybody free of charge.',
        'Adapters for older models cost {price=2-9} coins.',
        'The change is complete by {season}.',
      ],
    },
    {
      title: '{software} learns the dialect of {place} in {hours=90-990/10} hours',
      sentences: [
        '{group} had recorded their conversations for it.',
        'It now knows {words=11-64} words for {dish}.',
        'The recordings are kept in the {structure}.',
      ],
    },
    {
      title: 'How {place} cut the power use of its {structure} by {percent=12-68} per cent',
      sentences: [
        'A controller by {company} switches off what nobody needs.',
        'It took {duration} to find out what that was.',
        'The largest consumer turned out to be {a device} in the cellar.',
      ],
    },
  ],
};
