// Addresses of items: absolute, http or https only, without what is there to track the reader.

const TRACKING_PREFIXES = ['utm_', 'mtm_', 'pk_', 'piwik_', 'hsa_', 'oly_', '_hs', 'vero_', 'ga_'];
const TRACKING_NAMES = new Set(
  `fbclid gclid gclsrc dclid gbraid wbraid yclid ymclid msclkid twclid ttclid li_fat_id igshid igsh mc_cid mc_eid mkt_tok xtor
   wickedid rb_clickid s_cid epik ml_subscriber ml_subscriber_hash wt_mc wt.mc_id cmpid ns_campaign ns_mchannel ns_source
   ns_linkname ns_fee __twitter_impression spm scm srsltid`.split(/\s+/),
);

/** Parameters of `at_` that Piano Analytics defines; others of that prefix may mean something. */
const PIANO =
  /^at_(?:medium|campaign|campaign_type|campaign_group|custom\d*|emailtype|format|link_\w+|platform|ptr_name|variant|creation|channel|term|source|recipient_\w+|send_\w+|bbc_team|detail_placement|general_placement|network|product_id|type)$/;

function isTracking(parameter: string): boolean {
  const encoded = parameter.split('=', 1)[0] as string;
  const name = encoded.replace(/%5f/gi, '_').replace(/%2e/gi, '.').toLowerCase();
  if (name.startsWith('at_')) return PIANO.test(name);
  return TRACKING_NAMES.has(name) || TRACKING_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Removes tracking parameters from `a=1&b=2`, leaving the others exactly as written. */
const withoutTracking = (parameters: string): string =>
  parameters
    .split('&')
    .filter((parameter) => !isTracking(parameter))
    .join('&');

/** Resolves an address. @returns an http or https URL without credentials, or undefined */
export function resolveAddress(href: string, base: string | undefined): URL | undefined {
  // A second escaping is common in addresses too, and `&amp;` means nothing there.
  const written = href
    .trim()
    .replace(/&amp;/gi, '&')
    .replace(/^www\./i, 'http://www.');
  if (written === '') return undefined;
  let url: URL;
  try {
    url = base !== undefined && URL.canParse(base) ? new URL(written, base) : new URL(written);
  } catch {
    return undefined;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  url.username = '';
  url.password = '';
  return url;
}

/**
 * Makes the address of an item: absolute and without tracking parameters. The fragment is kept, unless it is nothing but
 * tracking parameters (`#xtor=RSS-1`).
 * @returns the empty string for what is not an http or https address, or is longer than `maxLength` characters
 */
export function cleanLink(href: string, base: string | undefined, maxLength: number): string {
  const url = resolveAddress(href, base);
  if (!url) return '';
  if (url.search !== '') url.search = withoutTracking(url.search.slice(1));
  if (url.hash.includes('=')) url.hash = withoutTracking(url.hash.slice(1));
  return url.href.length <= maxLength ? url.href : '';
}
