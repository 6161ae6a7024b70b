import { useEffect } from 'react';

/** Names the tab after what it shows, the part that tells it from others first. */
export function useTitle(text: string): void {
  useEffect(() => {
    document.title = `${text} – Coldpress`;
  }, [text]);
}
