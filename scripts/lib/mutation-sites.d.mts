export interface MutationSite {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly line: number;
}
export function mutationSites(path: string, source: string): MutationSite[];
export function mutantOf(source: string, site: Pick<MutationSite, 'start' | 'end' | 'text'>): string;
