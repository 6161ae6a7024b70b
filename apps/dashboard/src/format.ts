/** How a figure stands to its baseline: "÷ 12.3", "× 1.05" or "=". */
export function factor(value: number, baseline: number): string {
  if (value === baseline || value === 0 || baseline === 0) return value === baseline ? '=' : '';
  return value < baseline ? `÷ ${significant(baseline / value)}` : `× ${significant(value / baseline)}`;
}

export const shortDigest = (digest: string): string => digest.slice(0, 10);

export function ago(iso: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(iso).toLocaleDateString();
}

function significant(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A figure at four significant digits, without an exponent where it can be read without one. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  const size = Math.abs(value);
  return size >= 1e-4 && size < 1e9
    ? value.toLocaleString('en', { maximumSignificantDigits: 4 })
    : value.toExponential(2);
}

/** A name as that of a model file: "int8 → 45 %" -> "int8-45.onnx". */
export function modelFileName(name: string): string {
  return `${
    name
      .replace(/\.onnx$/, '')
      .replace(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^[-.]+|-+$/g, '') || 'model'
  }.onnx`;
}
