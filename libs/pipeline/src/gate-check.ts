/** A bound that was judged. */
export interface Check {
  holds: boolean;
  words: string;
}
