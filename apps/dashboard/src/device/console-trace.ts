/** What the runtime has printed since it was asked to record; it takes this function as it is loaded. */
let recorded: string[] | null = null;
const print = console.log.bind(console);

console.log = (...words: unknown[]): void => {
  if (recorded) recorded.push(words.map(String).join(' '));
  else print(...words);
};

/** The lines that are printed while some work is done: in browsers onnxruntime-web prints its profile, having no files. */
export async function printedDuring(work: () => Promise<void>): Promise<string> {
  const lines: string[] = (recorded = []);
  try {
    await work();
  } finally {
    recorded = null;
  }
  return lines.join('\n');
}
