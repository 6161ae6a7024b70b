export function changedFiles(folder?: string): Promise<string[]>;
