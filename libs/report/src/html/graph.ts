import type { Drawing } from '../graph/drawing.js';
import { GRAPH_SCRIPT } from './graph-script.js';
import { scriptJson } from './markup.js';

/** What each colour says. */
const LEGEND =
  'Bits: violet up to 4, blue up to 8, green up to 16, grey above. Zeros: the darker, the more. Noise: red below 10 dB, amber ' +
  'below 20, light green below 30, green above. Hatched: a pass left the node alone; choose it to read why.';

/** The model before and after, side by side; the arrow keys walk through it, and it can be had as a table. */
export function graphSection(drawing: Drawing): string {
  const colours = [
    ['bits', 'bits of weights'],
    ['sparsity', 'zeros'],
    ['snr', 'signal to noise'],
  ].map(
    ([value, words], index) =>
      `<label><input type="radio" name="colour" value="${value}"${index === 0 ? ' checked' : ''}> ${words}</label>`,
  );
  return [
    '<h2>The model before and after</h2>',
    `<p class="quiet">${drawing.before.length} nodes before, on the left, ${drawing.after.length} after. ${LEGEND}</p>`,
    `<fieldset><legend>Colour by</legend>${colours.join('')}</fieldset>`,
    '<div id="graph" tabindex="0" role="region" aria-label="Graph of the model before and after; arrow keys choose a row"></div>',
    '<p id="layer" role="status" class="quiet">Choose a row to read what is known of it.</p>',
    '<details id="layers"><summary>The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Layers">' +
      '<table><thead><tr><th scope="col">before</th><th scope="col">after</th></tr></thead><tbody></tbody></table></div></details>',
    `<script type="application/json" id="drawing">${scriptJson(drawing)}</script>`,
    `<script>${GRAPH_SCRIPT}</script>`,
  ].join('\n');
}
