export function spreadMessages(path: string, text: string): { path: string; line: number; problem: string }[];
