// Which names are HTML elements, which of them separate words, and which hold no text for a reader.

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Elements that begin a new line or cell: what stands on either side is not one word. */
export const BLOCK_ELEMENTS = words(`
  address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure
  footer form h1 h2 h3 h4 h5 h6 header hgroup hr img legend li main menu nav ol optgroup option p pre section summary table
  tbody td tfoot th thead tr ul
`);

/** Elements whose content is not shown, or only where something else can't be. */
export const UNSHOWN_ELEMENTS = words(`
  audio canvas datalist head iframe noembed noframes noscript object script style svg template video
`);

/** Of those, the ones whose content is not markup: everything up to their end tag belongs to them. */
export const RAW_TEXT_ELEMENTS = words('iframe noembed noframes script style');

/** Everything that is markup when it stands between `<` and `>`. */
export const HTML_ELEMENTS: ReadonlySet<string> = new Set([
  ...BLOCK_ELEMENTS,
  ...UNSHOWN_ELEMENTS,
  ...words(`
    a abbr acronym applet area b base basefont bdi bdo big blink button cite code col colgroup data del dfn em embed font
    frame frameset html i input ins kbd label link map mark marquee math meta meter nobr output param picture plaintext
    progress q rb rp rt rtc ruby s samp search select slot small source span strike strong sub sup textarea time title
    track tt u var wbr xmp
  `),
]);
