/** Units that names end with. */
const UNITS: Record<string, string> = { Db: 'dB', Ms: 'ms', Us: 'µs', S: 's' };
/** Words that are written otherwise in a sentence. */
const WORDS: Record<string, string> = { snr: 'SNR', macs: 'MACs', onnx: 'ONNX' };

/** The name of a figure as words with its unit: "floatUs" -> "float, µs", "outputSnrDb" -> "output SNR, dB". */
export function caption(name: string): string {
  const unit = /(?<=[a-z0-9])(Db|Ms|Us|S)$/.exec(name)?.[0];
  const stem = unit === undefined ? name : name.slice(0, -unit.length);
  const words = stem.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(' ');
  const text = words.map((word) => (/^[A-Z]?[a-z0-9]+$/.test(word) ? plain(word.toLowerCase()) : word)).join(' ');
  return unit === undefined ? text : `${text}, ${UNITS[unit]}`;
}

const plain = (word: string): string => WORDS[word] ?? word;
