export type { ArtifactStore, ByteRange, Opened, PutOptions, Source, Stored } from './artifact-store.js';
export * from './errors.js';
export { openStore, type StoreConfig } from './open-store.js';
export { allowedPrefixes } from './allowed-prefixes.js';
export { openUri, type UriConfig } from './open-uri.js';
export { fileNameOf, siblingUri } from './parse-uri.js';
export { PromptStore } from './prompt-store.js';
