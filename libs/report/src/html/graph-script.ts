import { edgesOf, layerLabel, layerWords } from '#model-graph';

/** What the page on the server uses as well, as source. */
const SHARED = `{ edgesOf: ${edgesOf}, layerLabel: ${layerLabel}, layerWords: ${layerWords} }`;

/**
 * Draws what stands in the element `drawing`: two columns of nodes, rows aligned, of which only those in sight exist.
 * Colours go by what is chosen; a node that a pass left alone is hatched. A row that is chosen tells all that is known
 * of it.
 */
export const GRAPH_SCRIPT = `
(() => {
  const { edgesOf, layerLabel, layerWords } = ${SHARED};
  const packed = JSON.parse(document.getElementById('drawing').textContent);
  const unpacked = ([name, operator, lane, reason, inputBits, from, figures]) => ({
    name, operator: packed.texts[operator], lane, reason: packed.texts[reason] ?? null, inputBits, from,
    figures: figures.map((place) => packed.figures[place] ?? null),
  });
  const data = { rows: packed.rows, views: packed.views, before: packed.before.map(unpacked), after: packed.after.map(unpacked) };
  const box = document.getElementById('graph'), told = document.getElementById('layer');
  const ROW = 22, LANE = 14, GAP = 24, NS = 'http://www.w3.org/2000/svg';
  const sides = ['before', 'after'];
  const edges = sides.map((side) => edgesOf(data, side));
  const lanes = sides.map((side) => data[side].reduce((most, { lane }) => Math.max(most, lane + 1), 1));
  let chosen = -1, mode = 0;
  const colour = (layer) => {
    const figure = layer.figures[mode];
    return figure ? data.views[mode].legend[figure.shade].colour : 'var(--line)';
  };
  const make = (name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const words = (layer, after) => layer ? layerWords(layer) : after ? 'gone' : 'not there';
  const pair = (r) => sides.map((side, s) => data.rows[r][s] === null ? null : data[side][data.rows[r][s]]);
  const tell = () => {
    if (chosen < 0) return;
    const [before, after] = pair(chosen);
    told.textContent = 'Before: ' + words(before, false) + '. After: ' + words(after, true) + '.';
  };
  const showLegend = () => document.querySelectorAll('#legend > ul').forEach((legend, v) => { legend.hidden = v !== mode; });
  const spacer = document.createElement('div'), canvas = make('svg', { 'aria-hidden': 'true' });
  spacer.style.height = data.rows.length * ROW + 'px';
  box.style.height = Math.min(512, data.rows.length * ROW + 4) + 'px';
  box.append(spacer, canvas);
  const draw = () => {
    const width = Math.max(box.clientWidth, 640), height = box.clientHeight, middle = width / 2;
    const first = Math.max(0, Math.floor(box.scrollTop / ROW) - 2), last = Math.min(data.rows.length - 1, first + Math.ceil(height / ROW) + 4);
    spacer.style.width = width + 'px';
    canvas.setAttribute('width', width); canvas.setAttribute('height', (last - first + 1) * ROW);
    canvas.style.top = first * ROW + 'px';
    const y = (r) => (r - first + 0.5) * ROW, parts = [];
    const defs = make('defs', {}), hatch = make('pattern', { id: 'hatch', width: 4, height: 4, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' });
    hatch.append(make('rect', { width: 4, height: 4, fill: 'var(--panel)' }), make('rect', { width: 2, height: 4, fill: 'var(--ink)' }));
    defs.append(hatch); parts.push(defs);
    if (chosen >= first && chosen <= last) parts.push(make('rect', { class: 'chosen', x: 0, y: y(chosen) - ROW / 2, width, height: ROW }));
    sides.forEach((side, s) => {
      const x = (lane) => s * middle + GAP + lane * LANE;
      for (const { from, to } of edges[s]) {
        if (to.row < first || from.row > last) continue;
        const turn = Math.max(from.row, to.row - 1);
        parts.push(make('path', { class: 'edge', d: 'M' + x(from.lane) + ' ' + y(from.row) + 'V' + y(turn) + 'L' + x(to.lane) + ' ' + y(to.row) }));
      }
      for (let r = first; r <= last; r++) {
        if (data.rows[r][s] === null) continue;
        const node = data[side][data.rows[r][s]];
        parts.push(make('rect', { x: x(node.lane) - 5, y: y(r) - 5, width: 10, height: 10, rx: 2, fill: node.reason !== null ? 'url(#hatch)' : colour(node), stroke: 'var(--ink)', 'stroke-width': 0.6 }));
        parts.push(make('text', { x: x(Math.min(lanes[s], 6)) + 4, y: y(r) + 4 }, layerLabel(node, mode)));
      }
    });
    for (let r = first; r <= last; r++) {
      const hit = make('rect', { class: 'row', x: 0, y: y(r) - ROW / 2, width, height: ROW, fill: 'transparent' });
      hit.addEventListener('click', () => { chosen = r; tell(); draw(); });
      parts.push(hit);
    }
    canvas.replaceChildren(...parts);
  };
  box.addEventListener('scroll', () => requestAnimationFrame(draw));
  box.addEventListener('keydown', (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    chosen = Math.min(data.rows.length - 1, Math.max(0, chosen + move));
    if ((chosen + 2) * ROW > box.scrollTop + box.clientHeight) box.scrollTop = (chosen + 2) * ROW - box.clientHeight;
    if ((chosen - 1) * ROW < box.scrollTop) box.scrollTop = (chosen - 1) * ROW;
    tell(); draw();
  });
  document.querySelectorAll('input[name=colour]').forEach((input) => input.addEventListener('change', () => { mode = Number(input.value); showLegend(); draw(); }));
  const list = document.getElementById('layers');
  list.addEventListener('toggle', () => {
    if (!list.open || list.querySelector('tbody tr')) return;
    const body = list.querySelector('tbody');
    data.rows.forEach((row, r) => {
      const [before, after] = pair(r), line = document.createElement('tr');
      for (const text of [words(before, false), words(after, true)]) { const cell = document.createElement('td'); cell.className = 'words'; cell.textContent = text; line.append(cell); }
      body.append(line);
    });
  });
  addEventListener('resize', draw);
  draw();
})();
`;
