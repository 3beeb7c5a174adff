// A post's title, as whoever reads posts as news takes it from the text.

/** The first line without links and without hashtags at its end. */
export const titleOf = (text: string): string =>
  (text.split('\n')[0] as string)
    .replace(/https?:\/\/\S+/g, '')
    .replace(/(?:\s+#[\p{L}\p{M}\p{N}_]+)+\s*$/u, '')
    .trim();
