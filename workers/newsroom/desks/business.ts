// Business: companies that do not exist and do well.
import { ENGLISH } from '../words.ts';
import type { Desk } from './desk.ts';

export const BUSINESS: Desk = {
  name: 'business',
  category: 'Business',
  voice: ENGLISH,
  templates: [
    {
      title: '{company} to open a workshop in {place} with {jobs=40-640/10} jobs',
      sentences: [
        'The workshop will make {a product} from {material}.',
        'It moves into the former {structure} in {season}.',
        'Applications are open until {weekday}.',
      ],
    },
    {
      title: '{company} sells its millionth {product} in {place}',
      sentences: [
        'The buyer was given {a dish} and a ride on {a vehicle}.',
        'The model has hardly changed for {years=11-78} years.',
        'A version in {colour} follows in {season}.',
      ],
    },
    {
      title: '{company} and {company2} join forces on {a product}',
      sentences: [
        'Both keep their own works in {place} and {place2}.',
        'The first joint {product} is made from {material}.',
        'The companies expect to ship {units=2000-98000/1000} a year.',
      ],
    },
    {
      title: 'Orders at {company} up {percent=3-38} per cent on demand for {product} repairs',
      sentences: [
        'Customers in {place} increasingly mend what they own, the company said.',
        'It has trained {people=12-190} repairers in {duration}.',
        'Forecasts for {season} were left unchanged.',
      ],
    },
    {
      title: 'Four-day week at {company}: {place} works keep output steady after {duration}',
      sentences: [
        'Output of the {product} line changed by less than {percent=2-5} per cent.',
        'Sick days fell, and the canteen sold more {dish}.',
        '{company2} wants to follow in {season}.',
      ],
    },
    {
      title: 'Bakers of {place} buy back their mill from {company}',
      sentences: [
        'The {bakers=11-64} bakers pay in instalments over {duration}.',
        'The mill will again supply flour for the {dish} that {place2} is fond of.',
        'Prices are to stay as they are until {season}.',
      ],
    },
    {
      title: '{company} moves freight from {place} to {place2} by {vehicle}',
      sentences: [
        'That takes {trucks=14-140} lorries off the road each week.',
        'The journey lasts {hours=3-14} hours, whatever the weather.',
        'Others may book space from {weekday}.',
      ],
    },
    {
      title: "Shoppers in {place} vote {company}'s {product} 'most mended'",
      sentences: [
        'The prize is given by {group} of {place2} and comes with no money.',
        'Spare parts are available for {years=12-45} years.',
        'Last year the award went to {a device}.',
      ],
    },
    {
      title: '{company} names {product} after {place}',
      sentences: [
        'The council had asked for {duration} and finally sent {a dish}.',
        'A share of {percent=1-9} per cent goes to the {structure}.',
        'Neighbouring {place2} has been promised {a product2}.',
      ],
    },
    {
      title: 'Rents for market stalls in {place} frozen for {duration}',
      sentences: [
        'Some {stalls=22-240} stalls benefit, most of them selling {dish}.',
        'The square by the {structure} is fully booked through {season}.',
        '{company} pays for the lighting.',
      ],
    },
  ],
};
