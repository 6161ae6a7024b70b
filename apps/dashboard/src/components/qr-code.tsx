import { useQuery } from '@tanstack/react-query';

/** Light modules around a code, without which cameras do not find it. */
const QUIET = 4;

/** A text as a code for cameras; what draws it is loaded when one is shown. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, error } = useQuery({ queryKey: ['qr', text], queryFn: () => modulesOf(text), staleTime: Infinity });
  if (error) return <p className="problem">The code cannot be drawn: {error.message}</p>;
  if (!data) return <p className="quiet">Drawing…</p>;
  const size = data.length;
  return (
    <svg className="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`}>
      <rect width={size} height={size} fill="#fff" />
      <path d={pathOf(data)} fill="#000" shapeRendering="crispEdges" />
    </svg>
  );
}

async function modulesOf(text: string): Promise<boolean[][]> {
  const { default: encodeQR } = await import('qr');
  return encodeQR(text, 'raw', { border: QUIET });
}

/** Each dark module is a square of one. */
const pathOf = (rows: readonly (readonly boolean[])[]): string =>
  rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
