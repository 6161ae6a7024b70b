/** How many of a thing, for people: 1 -> "1 node", 2 -> "2 nodes". `more` is for words that take no s. */
export function counted(count: number, one: string, more = pluralOf(one)): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** An English plural as nouns form it: batches, boxes, passes, samples. */
function pluralOf(noun: string): string {
  return /(?:s|x|z|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}
