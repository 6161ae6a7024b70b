import { counted } from '#contracts';
import type { Drawing } from '#model-graph';
import { GRAPH_SCRIPT } from './graph-script.js';
import { escapeHtml, scriptJson } from './markup.js';
import { packDrawing } from './packed-drawing.js';

/** The model before and after, side by side; the arrow keys walk through it, and it can be had as a table. */
export function graphSection(drawing: Drawing): string {
  const { before, after, views, notes } = drawing;
  const radios = views.map(
    ({ title }, index) =>
      `<label><input type="radio" name="colour" value="${index}"${index === 0 ? ' checked' : ''}> ${title}</label>`,
  );
  const counts = `${counted(before.length, 'node')} before, on the left, ${after.length} after. Hatched: a pass left the node alone; choose it to read why.`;
  return [
    '<h2>The model before and after</h2>',
    `<p class="quiet">${[counts, ...notes].map(escapeHtml).join(' ')}</p>`,
    `<fieldset><legend>Colour by</legend>${radios.join('')}</fieldset>`,
    `<div id="legend" class="quiet">${views.map(legend).join('')}</div>`,
    '<div id="graph" tabindex="0" role="region" aria-label="Graph of the model before and after; arrow keys choose a row"></div>',
    '<p id="layer" role="status" class="quiet">Choose a row to read what is known of it.</p>',
    '<details id="layers"><summary>The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Layers">' +
      '<table><thead><tr><th scope="col">before</th><th scope="col">after</th></tr></thead><tbody></tbody></table></div></details>',
    `<script type="application/json" id="drawing">${scriptJson(packDrawing(drawing))}</script>`,
    `<script>${GRAPH_SCRIPT}</script>`,
  ].join('\n');
}

/** What the colours of a view say; the script shows the one that is chosen. */
function legend({ legend: entries }: Drawing['views'][number], index: number): string {
  const shown = entries.map(
    ({ colour, text }) => `<li><span class="swatch" style="background:${colour}"></span>${escapeHtml(text)}</li>`,
  );
  return `<ul${index === 0 ? '' : ' hidden'}>${shown.join('')}</ul>`;
}
