export interface Sentence {
  code: string;
  message: string;
  file: string;
}
export function errorSentences(root: string): Promise<Sentence[]>;
export function errorPage(
  sentences: readonly Sentence[],
  problems: Readonly<Record<string, { status: number; title: string }>>,
): string;
export function classesByCode(root: string): Promise<Map<string, string[]>>;
