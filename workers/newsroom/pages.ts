// The newsroom's own pages: the list of feeds, an article, and the picture of an article.
import { escapeMarkup } from './formats/markup.ts';
import { Random } from './random.ts';
import { imagePath, type Story } from './story.ts';

/** A feed as the front page lists it. */
export interface ListedFeed {
  readonly path: string;
  readonly title: string;
  readonly description: string;
  /** The format in words. */
  readonly format: string;
}

const STYLE = `:root { color-scheme: light dark; }
body { font: 1.05rem/1.6 Georgia, serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
img { max-width: 100%; height: auto; }
small, .meta { color: GrayText; }
li { margin-bottom: .6rem; }`;

const page = (title: string, language: string, content: string): string => `<!doctype html>
<html lang="${escapeMarkup(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeMarkup(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${content}
</body>
</html>
`;

/** The front page: the live feeds, and where the edition is. */
export function renderFrontPage(feeds: readonly ListedFeed[]): string {
  const item = (feed: ListedFeed): string =>
    `<li><a href="${escapeMarkup(feed.path)}">${escapeMarkup(feed.title)}</a> <small>${escapeMarkup(feed.format)}</small><br>${escapeMarkup(feed.description)}</li>`;
  return page(
    'The newsroom',
    'en',
    `<main>
<h1>The newsroom</h1>
<p>News that never happened, from places that are on no map: something to read for a pipeline that has no internet.</p>
<ul>
${feeds.map(item).join('\n')}
</ul>
<p>The fixed edition, with what has to come of it: <a href="/edition.json">/edition.json</a></p>
</main>`,
  );
}

/** The page of an article. */
export function renderArticle(story: Story): string {
  const image = story.hasImage
    ? `<p><img src="${escapeMarkup(imagePath(story))}" alt="" width="640" height="320"></p>\n`
    : '';
  const date = story.date.toISOString();
  return page(
    story.title,
    story.language,
    `<main>
<article>
<h1>${escapeMarkup(story.title)}</h1>
<p class="meta">${escapeMarkup(story.author)} · ${escapeMarkup(story.category)} · <time datetime="${date}">${date.slice(0, 16).replace('T', ' ')} UTC</time></p>
${image}${story.paragraphs.map((text) => `<p>${escapeMarkup(text)}</p>`).join('\n')}
</article>
<p><a href="/">The newsroom</a></p>
</main>`,
  );
}

/** A picture (SVG) for a story: a landscape in colours of its own. */
export function renderImage(id: string): string {
  const random = new Random('image', id);
  const hue = random.integer(0, 359);
  const hill = (base: number, lightness: number): string => {
    const heights = Array.from({ length: 9 }, (_, index) => `${index * 80},${base - random.integer(0, 70)}`);
    return `<polygon fill="hsl(${hue} 35% ${lightness}%)" points="0,320 ${heights.join(' ')} 640,320"/>`;
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 320" width="640" height="320">
<rect width="640" height="320" fill="hsl(${(hue + 180) % 360} 45% 82%)"/>
<circle cx="${random.integer(80, 560)}" cy="${random.integer(50, 120)}" r="${random.integer(18, 40)}" fill="hsl(45 90% 70%)"/>
${hill(190, 62)}
${hill(250, 46)}
${hill(300, 30)}
</svg>
`;
}
