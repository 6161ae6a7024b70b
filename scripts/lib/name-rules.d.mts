export const OWN_GRAPHS: readonly string[];
export function spelledNames(path: string, text: string): { path: string; line: number; problem: string }[];
