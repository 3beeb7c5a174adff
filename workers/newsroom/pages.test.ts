import { describe, expect, it } from 'vitest';
import { renderArticle, renderFrontPage, renderImage } from './pages.ts';

const HOSTILE = `<script>alert("x")</script> & 'more'`;

describe('pages', () => {
  it('an article shows whatever it is given as text', () => {
    const page = renderArticle({
      id: HOSTILE,
      title: HOSTILE,
      summary: HOSTILE,
      paragraphs: [HOSTILE, HOSTILE],
      date: new Date(0),
      author: HOSTILE,
      category: HOSTILE,
      language: `"><script>`,
      hasImage: true,
    });
    expect(page).not.toContain('<script');
    expect(page).toContain('<h1>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;more&#39;</h1>');
    expect(page).toContain('<time datetime="1970-01-01T00:00:00.000Z">1970-01-01 00:00 UTC</time>');
  });

  it('the front page does too', () => {
    const page = renderFrontPage([{ path: `/"${HOSTILE}`, title: HOSTILE, description: HOSTILE, format: HOSTILE }]);
    expect(page).not.toContain('<script');
  });

  it('a picture is the same for the same story and holds nothing of its id', () => {
    expect(renderImage('a')).toBe(renderImage('a'));
    expect(renderImage('a')).not.toBe(renderImage('b'));
    expect(renderImage(HOSTILE)).not.toContain('script');
  });
});
