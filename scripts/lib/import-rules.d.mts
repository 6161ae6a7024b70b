export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly specifier: string;
  readonly problem: string;
}
export const LIBRARIES: Readonly<Record<string, readonly string[]>>;
export const APPS: Readonly<Record<string, readonly string[]>>;
export function violations(path: string, text: string): Violation[];
