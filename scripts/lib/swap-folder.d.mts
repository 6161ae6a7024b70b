export function swapFolder(finished: string, place: string): Promise<void>;
