// The English words of the newsroom. Every place, company and team is made up.
import type { Voice } from './grammar.ts';
import type { Random } from './random.ts';

const PLACE_STARTS =
  'Quell Brack Velm Osk Tarr Pell Ister Ombr Drav Hask Kell Lorm Murn Nesk Orv Prax Rusk Selk Thrum Ulv Varr Wend Yarl Zell Brim Corv Dusk Eld Frim Gorm Hulm Jorn Kest Lisk Marl Nim Ask Bolm Carn Delv Erst Fjell Grend Holk Ilm Jask Krim Luth Mosk Nord Olm Pard Rint Skel Tolm Umber Vint Wisk Yrs Zand'.split(
    ' ',
  );
const PLACE_ENDS =
  'mere haven holt moor vik sund crest bray dorn stad gard reach fell quay march lund strand hollow brae thorpe ness vale'.split(
    ' ',
  );
const PLACES_WITH_ACCENTS = ['Saint-Orlé', 'Brünholt', 'Valdécor', 'Åskvik', 'Tamberó', 'Höghamra', 'Castañel'];

const COMPANY_ROOTS =
  'Ostrel Velmor Kestrix Brindal Quorvex Tallowby Merrowin Zephrane Hollaxe Pindle Vantrose Osquith Lumbrey Corvanti Dellaquay Farrowin Grinsby Ixmere Jandrel Kolvane'.split(
    ' ',
  );
const COMPANY_TRADES =
  'Foods,Rail,Instruments,Ceramics,Shipping,Textiles,Bicycles,Bakeries,Lighting,Robotics,Timber,Optics,Ferries,Paper,Gardens,Furniture,Toys & Games,Glass & Tile'.split(
    ',',
  );
const NICKNAMES =
  'Herons,Otters,Lanterns,Millers,Comets,Badgers,Rovers,Kingfishers,Anchors,Swifts,Foxes,Lynxes,Ramblers,Beacons'.split(
    ',',
  );

/** A town that is on no map. */
export function inventPlace(random: Random): string {
  return random.chance(0.06) ? random.pick(PLACES_WITH_ACCENTS) : random.pick(PLACE_STARTS) + random.pick(PLACE_ENDS);
}

const inventCompany = (random: Random): string => `${random.pick(COMPANY_ROOTS)} ${random.pick(COMPANY_TRADES)}`;
const inventTeam = (random: Random): string => `${inventPlace(random)} ${random.pick(NICKNAMES)}`;

function inventScore(random: Random): string {
  const lost = random.integer(0, 3);
  return `${lost + random.integer(1, 4)}-${lost}`;
}

const list = (words: string): readonly string[] => words.split(', ');

export const ENGLISH: Voice = {
  language: 'en',
  thousands: ',',
  lexicon: {
    place: inventPlace,
    company: inventCompany,
    team: inventTeam,
    score: inventScore,
    weekday: list('Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday'),
    season: list('spring, summer, autumn, winter'),
    duration: list('six weeks, three months, half a year, a year, eighteen months, two years, three years, a decade'),
    structure: list(
      'stone bridge, clock tower, town hall, public library, swimming pool, covered market, railway station, lighthouse, city museum, harbour wall, cable car, botanical garden, concert hall, old observatory, tram depot, windmill',
    ),
    fault: list('a crack, damp, dry rot, a leak, loose masonry, a worn bearing, flood damage'),
    festivity: list(
      'a brass band, a street dinner, a lantern parade, a day of free rides, fireworks over the river, an open-air dance',
    ),
    animal: list(
      'otter, barn owl, beaver, white stork, red squirrel, kingfisher, hedgehog, osprey, tree frog, grey seal, bittern, pine marten',
    ),
    tree: list('oak, lime tree, chestnut, copper beech, cedar, mulberry tree, walnut tree, pear tree'),
    group: list(
      'volunteers, pupils, pensioners, students, neighbours, amateur divers, retired engineers, bakers, young gardeners, night-shift nurses, postal workers, librarians',
    ),
    dish: list(
      'plum cake, fish pie, onion soup, rye bread, apple strudel, smoked trout, ginger biscuit, pumpkin stew, honey tart, barley broth',
    ),
    weather: list('thick fog, late snow, a dry spell, a week of rain, a strong gale, an early frost, a rare heatwave'),
    vehicle: list(
      'night train, electric ferry, cargo bicycle, mountain tram, river bus, school bus, street sweeper, mobile library',
    ),
    device: list(
      'hearing aid, pocket translator, kitchen scale, bicycle lamp, weather station, e-book reader, garden robot, door lock, solar charger, desk lamp, water meter, smart thermostat',
    ),
    material: list('recycled glass, cork, hemp fibre, oyster shells, sheep wool, old fishing nets, straw, birch bark'),
    software: list(
      'timetable app, map editor, spelling checker, photo archive, library catalogue, weather model, route planner, recipe finder, chess engine, music player',
    ),
    trait: list(
      'half the energy, a quarter of the memory, a tenth of the storage, one small battery, ten-year-old hardware, the slowest of connections, a single processor',
    ),
    field: list(
      'marine biology, botany, acoustics, geology, astronomy, linguistics, materials science, meteorology, archaeology, soil science',
    ),
    creature: list(
      'beetle, moth, sea slug, lichen, tree frog, jellyfish, orchid, moss, freshwater crab, cave spider, fern, dragonfly',
    ),
    colour: list('blue, copper, violet, amber, silver, emerald, scarlet, ivory, turquoise, golden'),
    sky: list('comet, asteroid, double star, dwarf planet, meteor shower, gas cloud, variable star, ring of dust'),
    artefact: list(
      'bronze bell, wooden flute, painted tile, glass bead, leather shoe, clay tablet, iron key, silver spoon, carved comb, stone sundial',
    ),
    product: list(
      'porridge pot, folding chair, raincoat, travel kettle, picture frame, wool blanket, tea cup, garden hose, magnifying glass, tool box, paper lamp, walking boot',
    ),
    art: list('puppet theatre, jazz, short film, poetry, pottery, choral music, comics, street theatre, folk dance'),
    instrument: list('cello, accordion, church organ, harp, clarinet, trombone, hurdy-gurdy, double bass, mandolin'),
    theme: list(
      'the sea, lost letters, night trains, snow, bread, shadows, forgotten maps, rivers, the colour green, laundry days, clocks, silence',
    ),
    sport: list('rowing, cycling, table tennis, curling, handball, fencing, orienteering, badminton, archery, hockey'),
    cup: list(
      'Harbour Cup, Lantern Trophy, Coastal League, Seven Rivers Cup, Northern Shield, Copper Plate, Midsummer Cup, Valley League',
    ),
    distance: list(
      '800 metres, 1,500 metres, 5 kilometres, 10 kilometres, half marathon, marathon, 400 metres hurdles',
    ),
  },
};
