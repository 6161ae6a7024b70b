/** Units that names end with. */
const UNITS: Record<string, string> = { Db: 'dB', Ms: 'ms', Us: 'µs', S: 's', Mb: 'MiB' };
/** Words that are written otherwise in a sentence. */
const WORDS: Record<string, string> = { snr: 'SNR', macs: 'MACs', onnx: 'ONNX' };

/**
 * The name of a figure as words with its unit, and for which of several it is told: "floatUs" -> "float, µs",
 * "outputSnrDb at bits 4" -> "output SNR, dB at bits 4".
 */
export function caption(name: string): string {
  const [figure = name, ...place] = name.split(' at ');
  return place.length > 0 ? `${caption(figure)} at ${place.join(' at ')}` : figureCaption(name);
}

function figureCaption(name: string): string {
  const unit = /(?<=[a-z0-9])(Db|Ms|Us|S|Mb)$/.exec(name)?.[0];
  const stem = unit === undefined ? name : name.slice(0, -unit.length);
  const words = stem.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(' ');
  const isPlain = (word: string) => /^[A-Z]?[a-z0-9]+$/.test(word);
  const text = words.map((word) => (isPlain(word) ? plain(word.toLowerCase()) : word)).join(' ');
  return unit === undefined ? text : `${text}, ${UNITS[unit]}`;
}

const plain = (word: string): string => WORDS[word] ?? word;
