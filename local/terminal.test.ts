import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { align, Terminal } from './terminal.ts';

function terminalOf(properties: { isTTY: boolean; columns?: number }) {
  const stream = new PassThrough();
  const written = (): string => (stream.read() as Buffer | null)?.toString() ?? '';
  return { terminal: new Terminal(Object.assign(stream, properties) as unknown as NodeJS.WriteStream), written };
}

describe('align', () => {
  it('pads each column to its widest cell and leaves no spaces at the end', () => {
    expect(align([['a', 'bbb', ''], ['cccc', 'd', 'e'], ['f']])).toEqual(['a     bbb', 'cccc  d    e', 'f']);
  });
});

describe('Terminal', () => {
  it('writes the block over the one before where there is a terminal', () => {
    const { terminal, written } = terminalOf({ isTTY: true, columns: 80 });
    terminal.status(
      [
        ['one', '1'],
        ['two', '2'],
      ],
      'x',
    );
    expect(written()).toBe('one  1\ntwo  2\n');
    terminal.status(
      [
        ['one', '3'],
        ['two', '4'],
      ],
      'x',
    );
    expect(written()).toBe('\u001b[2A\r\u001b[0Jone  3\ntwo  4\n');
    terminal.step('done');
    expect(written()).toBe('\u001b[2A\r\u001b[0Jdone\n');
    terminal.step('more');
    expect(written()).toBe('more\n');
  });

  it('cuts lines that would wrap', () => {
    const { terminal, written } = terminalOf({ isTTY: true, columns: 8 });
    terminal.status([['0123456789']], 'x');
    expect(written()).toBe('0123456\n');
  });

  it('writes elsewhere only when a state has changed, and then what is new', () => {
    const { terminal, written } = terminalOf({ isTTY: false });
    const two = ['two', 'lag 1'];
    terminal.status([['one', 'lag 1'], two], 'one running');
    terminal.status([['one', 'lag 2'], two], 'one running');
    expect(written()).toBe('one  lag 1\ntwo  lag 1\n');
    terminal.status([['one', 'lag 2'], two], 'one restarting');
    expect(written()).toBe('one  lag 2\n');
  });
});
