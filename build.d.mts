/** Builds everything into dist/. */
export declare function buildAll(): Promise<void>;
