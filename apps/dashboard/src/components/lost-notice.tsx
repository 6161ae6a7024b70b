import { useLost } from '../api/lost.js';

/** Says that the server does not answer, wherever one has scrolled to; what waits for it goes on by itself. */
export function LostNotice() {
  const why = useLost();
  return (
    <div className="lost" role="status">
      {why && <p>{`${why.charAt(0).toUpperCase()}${why.slice(1).replace(/\.$/, '')}; it is tried again.`}</p>}
    </div>
  );
}
