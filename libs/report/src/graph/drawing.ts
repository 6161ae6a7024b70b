import type { LayerNode, ModelPair, Report } from '#contracts';
import { alignLayers, type Row } from './align.js';
import { lanesOf } from './lanes.js';

/**
 * One node as the page's script reads it: name, place of its operator in the list, lane, bits of its weights and of its inputs, share of zeros,
 * signal to noise in dB, place of the reason why a pass left it alone (-1 for none), nodes that it reads.
 */
export type DrawnNode = readonly [
  name: string,
  operator: number,
  lane: number,
  bits: number | null,
  inputBits: number | null,
  sparsity: number | null,
  snrDb: number | null,
  reason: number,
  from: readonly number[],
];

/** Everything that the picture of a model before and after shows. */
export interface Drawing {
  rows: Row[];
  operators: string[];
  reasons: string[];
  before: DrawnNode[];
  after: DrawnNode[];
}

/** Characters of a name: some exporters write paths of several hundred. */
const NAME_LENGTH = 120;

export function drawModels(models: ModelPair, report: Pick<Report, 'stages'>): Drawing {
  const operators: string[] = [];
  const reasons: string[] = [];
  const noise = noiseByNode(report);
  const skipped = reasonsByNode(report);
  const drawn = (nodes: readonly LayerNode[], isAfter: boolean): DrawnNode[] => {
    const lanes = lanesOf(nodes);
    return nodes.map(({ name, opType, from, elements, zeros, bits, inputBits }, place) => {
      const reason = isAfter ? skipped.get(name) : undefined;
      return [
        name.slice(0, NAME_LENGTH),
        placeIn(operators, opType),
        lanes[place] ?? 0,
        bits,
        inputBits,
        elements === 0 || zeros === null ? null : Math.round((1000 * zeros) / elements) / 1000,
        isAfter ? (noise.get(name) ?? null) : null,
        reason === undefined ? -1 : placeIn(reasons, reason),
        from,
      ];
    });
  };
  const [before, after] = [drawn(models.before, false), drawn(models.after, true)];
  return { rows: alignLayers(models), operators, reasons, before, after };
}

function placeIn(list: string[], text: string): number {
  const known = list.indexOf(text);
  return known < 0 ? list.push(text) - 1 : known;
}

/** What the last stage that looked at a node's output found, dB. */
function noiseByNode({ stages }: Pick<Report, 'stages'>): Map<string, number> {
  const rows = stages.flatMap(({ summary }) =>
    Array.isArray(summary['layers']) ? (summary['layers'] as unknown[]) : [],
  );
  return new Map(
    rows.flatMap((row): [string, number][] => {
      const { node, outputSnrDb } = row as { node?: unknown; outputSnrDb?: unknown };
      return typeof node === 'string' && typeof outputSnrDb === 'number'
        ? [[node, Math.round(outputSnrDb * 10) / 10]]
        : [];
    }),
  );
}

/** Why passes left a node alone: all of them, since one may have done what another did not. */
function reasonsByNode({ stages }: Pick<Report, 'stages'>): Map<string, string> {
  const reasons = new Map<string, string>();
  stages.forEach(({ pass, skipped }, index) => {
    for (const { node, reason } of skipped) {
      const own = `${index + 1} ${pass}: ${reason}`;
      reasons.set(node, reasons.has(node) ? `${reasons.get(node)}; ${own}` : own);
    }
  });
  return reasons;
}
