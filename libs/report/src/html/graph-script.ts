/**
 * Draws what stands in the element `drawing`: two columns of nodes, rows aligned, of which only those in sight exist. Colours go by what is
 * chosen; a node that a pass left alone is hatched. A row that is chosen tells all that is known of it.
 */
export const GRAPH_SCRIPT = `
(() => {
  const data = JSON.parse(document.getElementById('drawing').textContent);
  const box = document.getElementById('graph'), told = document.getElementById('layer');
  const ROW = 22, LANE = 14, GAP = 24, NS = 'http://www.w3.org/2000/svg';
  const sides = ['before', 'after'];
  const rowOf = sides.map((side, s) => { const of = []; data.rows.forEach((row, r) => { if (row[s] !== null) of[row[s]] = r; }); return of; });
  const edges = sides.map((side, s) => data[side].flatMap((node, n) => node[8].map((from) => [rowOf[s][from], rowOf[s][n], data[side][from][2], node[2]])));
  const lanes = sides.map((side) => 1 + Math.max(0, ...data[side].map((node) => node[2])));
  let chosen = -1, mode = 'bits';
  const step = (value, ends, colours) => { for (let i = 0; i < ends.length; i++) if (value < ends[i]) return colours[i]; return colours[ends.length]; };
  const colours = {
    bits: (node) => node[3] === null ? 'var(--line)' : step(node[3], [5, 9, 17], ['#7a3ea8', '#0b62a8', '#17784a', '#8d99a5']),
    sparsity: (node) => node[5] === null ? 'var(--line)' : step(node[5], [0.05, 0.3, 0.6, 0.9], ['#8d99a5', '#8fb8dc', '#4a90c8', '#0b62a8', '#06335a']),
    snr: (node) => node[6] === null ? 'var(--line)' : step(node[6], [10, 20, 30], ['#c0392b', '#d98a1f', '#7aa63c', '#17784a']),
  };
  const make = (name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const words = (node, after) => {
    if (!node) return after ? 'gone' : 'not there';
    const known = [data.operators[node[1]] + ' ' + node[0]];
    if (node[3] !== null) known.push('weights of ' + node[3] + ' bits');
    if (node[4] !== null) known.push('inputs of ' + node[4] + ' bits');
    if (node[5]) known.push(Math.round(1000 * node[5]) / 10 + ' % zeros');
    if (node[6] !== null) known.push(node[6] + ' dB');
    if (node[7] >= 0) known.push('left alone by ' + data.reasons[node[7]]);
    return known.join(', ');
  };
  const pair = (r) => sides.map((side, s) => data.rows[r][s] === null ? null : data[side][data.rows[r][s]]);
  const short = (node) => {
    const extra = mode === 'bits' ? (node[3] === null ? '' : node[3] + ' bit') : mode === 'sparsity' ? (node[5] === null ? '' : Math.round(100 * node[5]) + ' %') : node[6] === null ? '' : node[6] + ' dB';
    const name = node[0].length > 26 ? '…' + node[0].slice(-25) : node[0];
    return data.operators[node[1]] + ' ' + name + (extra ? ' · ' + extra : '');
  };
  const tell = () => {
    if (chosen < 0) return;
    const [before, after] = pair(chosen);
    told.textContent = 'Before: ' + words(before, false) + '. After: ' + words(after, true) + '.';
  };
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
      for (const [from, to, fromLane, toLane] of edges[s]) {
        if (to < first || from > last) continue;
        const turn = Math.max(from, to - 1);
        parts.push(make('path', { class: 'edge', d: 'M' + x(fromLane) + ' ' + y(from) + 'V' + y(turn) + 'L' + x(toLane) + ' ' + y(to) }));
      }
      for (let r = first; r <= last; r++) {
        if (data.rows[r][s] === null) continue;
        const node = data[side][data.rows[r][s]];
        parts.push(make('rect', { x: x(node[2]) - 5, y: y(r) - 5, width: 10, height: 10, rx: 2, fill: node[7] >= 0 ? 'url(#hatch)' : colours[mode](node), stroke: 'var(--ink)', 'stroke-width': 0.6 }));
        parts.push(make('text', { x: x(Math.min(lanes[s], 6)) + 4, y: y(r) + 4 }, short(node)));
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
  document.querySelectorAll('input[name=colour]').forEach((input) => input.addEventListener('change', () => { mode = input.value; draw(); }));
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
