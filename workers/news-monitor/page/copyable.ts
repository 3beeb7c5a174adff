// A command that can be copied by a button, or by hand where the browser lets no page write to the clipboard.
import { element, setText } from './dom.ts';

const SHOWN_MS = 2_000;

async function copy(code: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    return true;
  } catch {
    // Not a secure context, or not allowed: the reader copies what is selected.
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(range);
    return false;
  }
}

/** Makes the command with its button. @param label what the button does, for those who can't see what it stands beside */
export function copyable(command: string, label: string): HTMLElement {
  const code = element('code', {}, command);
  const button = element('button', { type: 'button', class: 'copy', 'aria-label': label }, 'Copy');
  const outcome = element('span', { class: 'visually-hidden', role: 'status' });
  button.addEventListener('click', async () => {
    const copied = await copy(code);
    const text = copied ? 'Copied' : 'Selected';
    setText(button, text);
    setText(outcome, copied ? 'Copied' : 'Selected; copy it with your keyboard');
    window.setTimeout(() => {
      setText(button, 'Copy');
      setText(outcome, '');
    }, SHOWN_MS);
  });
  return element('div', { class: 'copyable' }, code, button, outcome);
}
