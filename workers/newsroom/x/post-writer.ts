// Turns news into posts: a title on the first line, then perhaps a sentence, a link and hashtags.
import type { Random } from '../random.ts';
import { articlePath, type Story } from '../story.ts';

/** What a post says. */
export interface PostMaterial {
  /** Its first line, apart from a link and hashtags at its end. */
  readonly title: string;
  /** Where its link leads. */
  readonly story: Story;
  /** Further hashtags, without `#`. */
  readonly hashtags: readonly string[];
  /** What makes it a long post. @default it is a short one */
  readonly more?: readonly string[];
}

/** Writes the text of a post. @param baseUrl the newsroom's address, without a slash at the end */
export function writePostText({ title, story, hashtags, more }: PostMaterial, baseUrl: string, random: Random): string {
  const link = baseUrl + articlePath(story);
  const tags = [toHashtag(story.category), ...hashtags.map((tag) => `#${tag}`)].join(' ');
  if (more) return `${title}\n\n${[...story.paragraphs, ...more].join(' ')}\n\n${link}\n${tags}`;
  const layouts = [
    `${title} ${link} ${tags}`,
    `${title} ${tags} ${link}`,
    `${title} ${tags}`,
    `${title}\n\n${story.paragraphs[0]}\n${link} ${tags}`,
    `${title}\n${link}\n\n${tags}`,
  ];
  return random.pick(layouts);
}

/** A category as a hashtag: `Arts & Culture` is `#ArtsCulture`. */
const toHashtag = (category: string): string =>
  `#${category.replace(/[^\p{L}\p{N}]+(\p{L})?/gu, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')}`;
