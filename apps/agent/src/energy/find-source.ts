import { battery } from './sources/battery.js';
import { ina } from './sources/ina.js';
import { rapl } from './sources/rapl.js';
import type { EnergySource, FindSource } from './source.js';

/** Where energy is read, the finest first. To add one: its file below sources/, and a line here. */
const SOURCES: readonly FindSource[] = [ina, rapl, battery];

/** The first source that tells something, and why others that are there do not. */
export function findEnergySource(root = '/sys'): { source: EnergySource | null; refused: string[] } {
  const refused: string[] = [];
  for (const find of SOURCES) {
    const found = find(root);
    if (found && 'source' in found) return { source: found.source, refused: [] };
    if (found) refused.push(found.refused);
  }
  return { source: null, refused };
}
