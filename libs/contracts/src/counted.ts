/** How many of a thing, for people: 1 -> "1 node", 2 -> "2 nodes". `more` is for words that take no s. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
