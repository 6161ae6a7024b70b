interface Finding {
  path: string;
  line: number;
  problem: string;
}
export function exportsOf(text: string): { name: string; line: number }[];
export function doubleNames(files: ReadonlyMap<string, string>): Finding[];
export function importCycles(files: ReadonlyMap<string, string>): Finding[];
