/** A word with the colour of its meaning; the word alone carries it too. */
export function StateBadge({ state }: { state: string }) {
  return <span className={`badge ${state}`}>{state}</span>;
}
