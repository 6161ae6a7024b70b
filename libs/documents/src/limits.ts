/** How much a document may hold. Reading it takes time and memory in proportion. */
export interface DocumentLimits {
  /** Of the text in UTF-8. */
  readonly bytes: number;
  /** Lists, mappings and scalars, those that aliases repeat included. */
  readonly values: number;
  /** Lists and mappings inside each other. */
  readonly depth: number;
}

const KIB = 1024;

/**
 * A recipe of fifty passes with every option written out has some 5,000 values; a manifest that scales 4,096 features
 * 8,200.
 */
export const LIMITS = {
  recipe: { bytes: 256 * KIB, values: 20_000, depth: 64 },
  manifest: { bytes: 1024 * KIB, values: 20_000, depth: 64 },
  /** A batch of a hundred recipes written out in full is a tenth of it. */
  request: { bytes: 4 * 1024 * KIB, values: 60_000, depth: 64 },
} as const satisfies Record<string, DocumentLimits>;
