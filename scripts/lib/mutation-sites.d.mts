export interface MutationSite {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly line: number;
  readonly key: string;
  readonly probe: { readonly start: number; readonly end: number; readonly isStatement: boolean };
}
export type SampledSite = MutationSite & { readonly index: number };
export function mutationSites(path: string, source: string): MutationSite[];
export function mutantOf(source: string, site: Pick<MutationSite, 'start' | 'end' | 'text'>): string;
export function withProbes(source: string, sites: readonly Pick<SampledSite, 'probe' | 'index'>[]): string;
export function sampleOf(sites: readonly MutationSite[], count: number, seed: string): SampledSite[];
