// Types of build.mjs.

/** Builds the page in memory: contents by file name. */
export function bundlePage(): Promise<Map<string, Uint8Array>>;

/** Builds the page into a directory, which is made if it is not there. */
export function buildPage(outDirectory: string): Promise<void>;
