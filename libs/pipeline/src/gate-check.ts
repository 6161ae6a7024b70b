/** A bound that was judged. */
export interface GateCheck {
  holds: boolean;
  words: string;
}
