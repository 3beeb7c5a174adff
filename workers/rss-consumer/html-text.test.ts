// Markup: what remains of it in plain text.
import { expect, test } from 'vitest';
import { htmlToText } from './html-text.ts';

test.each([
  ['plain', 'plain'],
  ['<p>One</p><p>two</p>', 'One two'],
  ['a<br>b<br/>c', 'a b c'],
  ['un<b>believ</b>able', 'unbelievable'],
  ['<ul><li>x</li><li>y</li></ul>', 'x y'],
  ['a<script>var x = "<p>no</p>";</script>b<style>p{}</style>c', 'abc'],
  ['a<script>never closed', 'a'],
  ['<SCRIPT SRC=x></SCRIPT>b', 'b'],
  ['a <!-- hidden --> b', 'a b'],
  ['<img src="x.png" alt="picture">text', 'text'],
  ['<a href="javascript:alert(1)" onclick="x">link</a>', 'link'],
  ['caf&eacute; &amp; cr&#232;me &#x2014; &nbsp; &lt;b&gt;', 'café & crème — <b>'],
  ['AT&T &copy 2024', 'AT&T © 2024'],
  ['it&#146;s', 'it’s'],
  ['1 < 2 and 3 > 2', '1 < 2 and 3 > 2'],
  ['I <3 you', 'I <3 you'],
  ['Vec<T> and #include <stdio.h>', 'Vec<T> and #include <stdio.h>'],
  ['<custom-element>x</custom-element> <o:p>y</o:p> <blah>z</blah>', 'x y z'],
  ['<svg><path d="M0"/><text>no</text></svg>after', 'after'],
  ['<video>no player</video>after', 'after'],
  ['<video>never closed', 'never closed'],
  ['cut off <a href="http://exam', 'cut off'],
  ['<p>a</p>\r\n\t  <p>b</p>', 'a b'],
])('htmlToText(%j) is %j', (html, expected) => {
  expect(htmlToText(html)).toBe(expected);
});

test('markup nested without end is read to a depth, not for ever', () => {
  expect(htmlToText(`<b>${'x<b>'.repeat(200_000)}y`)).toBe('x'.repeat(500));
});
