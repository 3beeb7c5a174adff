// The French desk: its words and its templates.
import type { Lexicon } from '../grammar.ts';
import type { Random } from '../random.ts';
import type { Desk } from './desk.ts';

const STARTS = 'Brum Tress Vaud Quer Lom Sarv Fauv Merl Crév Gall Noir Belv Carm Dorl Plaiss Roch'.split(' ');
const ENDS = 'éval émont ecourt ignol oncel arville obray imer èle ansac'.split(' ');
const list = (words: string): readonly string[] => words.split(', ');

// Nouns carry their article, so that gender and elision are right without rules. Town names begin with a consonant.
const LEXICON: Lexicon = {
  ville: (random: Random) => random.pick(STARTS) + random.pick(ENDS),
  lieu: list(
    "le vieux pont, la halle aux grains, le phare, la gare, le théâtre, la bibliothèque, l'observatoire, le moulin, la piscine, le jardin botanique, la tour de l'horloge, le musée",
  ),
  duree: list('six semaines, trois mois, un an, deux ans, dix-huit mois, cinq ans'),
  saison: list("le printemps, l'été, l'automne, l'hiver"),
  jour: list('lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche'),
  groupe: list(
    'des bénévoles, des lycéens, des retraités, des boulangers, des voisins, des plongeurs amateurs, des étudiantes, des jardiniers',
  ),
  animal: list('une loutre, une chouette, un castor, une cigogne, un hérisson, un martin-pêcheur, un écureuil roux'),
  plat: list("une tarte aux prunes, une soupe à l'oignon, un pain de seigle, une galette au miel, un ragoût de courge"),
  art: list('le conte, le jazz, la marionnette, la poésie, le court métrage, la danse'),
  theme: list(
    'La mer, Les lettres perdues, La neige, Le pain, Les rivières, Les ombres, Le silence, Les trains de nuit',
  ),
  objet: list(
    'une flûte en bois, une cloche en bronze, une clé en fer, un cadran solaire, un carreau peint, un peigne',
  ),
};

export const COURRIER: Desk = {
  name: 'courrier',
  category: 'Actualités',
  voice: { language: 'fr', lexicon: LEXICON, thousands: '\u202f' },
  templates: [
    {
      title: 'À {ville}, {lieu} rouvre après {duree} de travaux',
      sentences: [
        'Les habitants ont fêté la réouverture {jour} avec {plat}.',
        'Près de {visiteurs=1200-9800/100} visiteurs sont attendus le premier mois.',
        'Le chantier voisin, à {ville2}, continue.',
      ],
    },
    {
      title: '{groupe} plantent {arbres=120-980/10} arbres entre {ville} et {ville2}',
      sentences: [
        'La plantation a duré deux jours malgré la pluie.',
        'Le plus jeune participant avait {age=5-9} ans.',
        'La prochaine est prévue pour {saison}.',
      ],
    },
    {
      title: "{animal} s'installe dans les combles : {ville} ferme {lieu} jusqu'à {jour}",
      sentences: [
        'Les visiteurs sont priés de baisser la voix.',
        "L'animal viendrait de {ville2}.",
        'Une caméra le montre jour et nuit.',
      ],
    },
    {
      title: '« {theme} » : {ville} ouvre son festival avec {nombre=18-190} spectacles',
      sentences: [
        "Cette année, {art} est à l'honneur.",
        'La moitié des places est gratuite.',
        'Des navettes partent de {ville2} chaque {jour}.',
      ],
    },
    {
      title: 'Une lettre postée à {ville} arrive à {ville2} avec {annees=12-70} ans de retard',
      sentences: [
        'Elle avait glissé derrière une armoire.',
        "L'expéditeur demandait la recette pour {plat}.",
        'Le timbre sera remboursé.',
      ],
    },
    {
      title: 'Découverte à {ville} : {objet} de {siecles=3-28} siècles sous les pavés, près de {ville2}',
      sentences: [
        "L'objet est apparu pendant les travaux, il y a {duree}.",
        'Il sera exposé dès {jour}.',
        '{groupe} avaient signalé le lieu.',
      ],
    },
    {
      title: '{ville} et {ville2} partagent désormais {lieu}',
      sentences: [
        'Les deux communes se répartissent les frais et les clés.',
        'La décision a pris {duree}.',
        'Une fête commune est annoncée pour {saison}.',
      ],
    },
    {
      title: '{ville} bat le record de {ville2} : {plat} de {poids=60-480} kilos',
      sentences: [
        '{groupe} y ont travaillé {heures=5-19} heures.',
        'Tout a été mangé en {minutes=11-55} minutes.',
        'Le record précédent tenait depuis {annees=6-40} ans.',
      ],
    },
  ],
};
