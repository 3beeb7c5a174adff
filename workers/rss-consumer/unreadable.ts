// Documents that no reader can make news of.

/** Nothing can read a document; `reason` says what each reader found and what the document looks like. */
export class UnreadableDocumentError extends Error {
  override readonly name = 'UnreadableDocumentError';
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }
}

/** A message of another library in one line of bounded length. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, ' ').trim().slice(0, 160);
}

/** Says what a document that is no feed looks like. */
export function appearance(data: string): string {
  const head = data.slice(0, 2_000);
  if (/<(?:!doctype\s+html|html|head|body)[\s>]/i.test(head)) return 'it looks like an HTML page';
  if (/^%PDF-/.test(head)) return 'it looks like a PDF document';
  if (/^[^<]*$/.test(head)) return 'it looks like plain text';
  const root = /<([a-z_][\w:.-]*)/i.exec(head)?.[1];
  return root === undefined ? 'it has no elements' : `it begins with <${root.slice(0, 50)}>`;
}
