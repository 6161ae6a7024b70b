import type { LayerNode, ModelPair } from '#contracts';
import { alignLayers, type AlignedRow } from './align.js';
import { NO_EVIDENCE, type LayerFindings } from './evidence.js';
import { lanesOf } from './lanes.js';
import { timesByLayer, type LayerTime } from './timed-layers.js';
import { viewsOf, type LayerFigure, type KnownLayer, type View } from './views.js';

/** A layer as it is painted. */
export interface DrawnLayer {
  name: string;
  operator: string;
  lane: number;
  /** Places of the layers that it reads. */
  from: readonly number[];
  /** What each view of the drawing says of it. */
  figures: readonly (LayerFigure | null)[];
  /** Why passes left it alone; null where they did not. */
  reason: string | null;
  /** Width of the integers that its inputs come from; null for floats. */
  inputBits: number | null;
}

/** Everything that the picture of a model before and after shows; `before` is empty for a model alone. */
export interface Drawing {
  rows: readonly AlignedRow[];
  before: readonly DrawnLayer[];
  after: readonly DrawnLayer[];
  /** What there is to colour by. */
  views: readonly Pick<View, 'id' | 'title' | 'legend'>[];
  /** What the figures leave open, in sentences. */
  notes: readonly string[];
}

/** Characters of a name: some exporters write paths of several hundred. */
const NAME_LENGTH = 120;
/** Share of the time without a layer that is worth a word. */
const WORTH_TELLING = 0.005;

/** Lays the layers of a model before and after a job out, with what the job found of them. */
export function drawModels(models: ModelPair, evidence: LayerFindings): Drawing {
  const { timing } = evidence;
  const times = {
    before: timesByLayer(models.before, timing?.before ?? []),
    after: timesByLayer(models.after, timing?.after ?? []),
  };
  const all = viewsOf([...times.before.times.values(), ...times.after.times.values()]);
  // Noise and reasons are about what came out.
  const known = {
    before: models.before.map((layer) => ({ layer, noise: null, time: times.before.times.get(layer.name) ?? null })),
    after: models.after.map((layer) => knownOf(layer, evidence, times.after.times)),
  };
  const tells = (view: View) => [...known.before, ...known.after].some((layer) => view.figure(layer) !== null);
  const views = all.filter(tells);
  const reasonOf = (name: string) => evidence.reasons.get(name) ?? null;
  return {
    rows: alignLayers(models),
    before: drawn(known.before, views, () => null),
    after: drawn(known.after, views, reasonOf),
    views: views.map(({ id, title, legend }) => ({ id, title, legend })),
    notes: [...silentViews(all, views), ...timeNotes(timing?.device, times.after.unplaced)],
  };
}

/** Lays the layers of one model out. */
export function drawModel(layers: readonly LayerNode[]): Drawing {
  const drawing = drawModels({ before: [], after: [...layers] }, NO_EVIDENCE);
  return { ...drawing, notes: [] };
}

function knownOf(layer: LayerNode, { noise }: LayerFindings, times: ReadonlyMap<string, LayerTime>): KnownLayer {
  return { layer, noise: noise.get(layer.name) ?? null, time: times.get(layer.name) ?? null };
}

function drawn(
  known: readonly KnownLayer[],
  views: readonly View[],
  reasonOf: (name: string) => string | null,
): DrawnLayer[] {
  const lanes = lanesOf(known.map(({ layer }) => layer));
  return known.map((each, place) => ({
    name: each.layer.name.slice(0, NAME_LENGTH),
    operator: each.layer.opType,
    lane: lanes[place] ?? 0,
    from: each.layer.from,
    figures: views.map((view) => view.figure(each)),
    reason: reasonOf(each.layer.name),
    inputBits: each.layer.inputBits,
  }));
}

/** What cannot be coloured by, as nobody measured it. */
function silentViews(all: readonly View[], telling: readonly View[]): string[] {
  const silent = all.filter((view) => !telling.includes(view)).map(({ title }) => title);
  return silent.length === 0 ? [] : [`Not known of any layer: ${silent.join(', ')}.`];
}

function timeNotes(device: string | undefined, unplaced: number): string[] {
  if (device === undefined) return [];
  const percent = `${(100 * unplaced).toFixed(1)} %`;
  const rest = ` ${percent} of the time went to nodes that the runtime made and no layer has the name of.`;
  return [`Times are those of ${device}.${unplaced < WORTH_TELLING ? '' : rest}`];
}
