import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One sentence that a person may read: its code, its text with … for what varies, and the file that says it. */
/** @typedef {{ code: string, message: string, file: string }} Sentence */

const CODE = /^['"]([a-z][a-z0-9_]*)['"]$/;
const FOLDERS = ['libs', 'apps'];
const SKIPPED = /\.(spec|fixture|conformance)\.tsx?$|^libs\/testing\/|^apps\/dashboard\//;

/** Every error that the sources make, read off its constructor's arguments. */
export async function errorSentences(root) {
  const files = await sourcesBelow(root);
  const texts = new Map(await Promise.all(files.map(async (file) => [file, await readFile(join(root, file), 'utf8')])));
  const classes = new Map([...texts.values()].flatMap(classCodes));
  const sentences = [...texts].flatMap(([file, text]) => sentencesOf(file, text, classes));
  const unique = new Map(sentences.map((sentence) => [`${sentence.code} ${sentence.message}`, sentence]));
  return [...unique.values()].sort((a, b) => compare(a.code, b.code) || compare(a.message, b.message));
}

/** The names of the classes that carry each code. */
export async function classesByCode(root) {
  const byCode = new Map();
  for (const file of await sourcesBelow(root)) {
    for (const [name, code] of classCodes(await readFile(join(root, file), 'utf8')))
      byCode.set(code, [...(byCode.get(code) ?? []), name]);
  }
  return byCode;
}

const compare = (a, b) => (a < b ? -1 : Number(a > b));

async function sourcesBelow(root) {
  const found = await Promise.all(
    FOLDERS.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(root.length + 1)
            .replaceAll('\\', '/'),
        );
    }),
  );
  return found
    .flat()
    .filter((file) => !SKIPPED.test(file))
    .sort();
}

/** Classes that have a code of their own: [name, code, place of the message among super's arguments]. */
function classCodes(text) {
  return [...text.matchAll(/class (\w+) extends \w+/g)].flatMap((match) => {
    const end = text.indexOf('\nclass ', match.index + 1);
    const exported = text.indexOf('\nexport class ', match.index + 1);
    const stop = Math.min(...[end, exported, text.length].filter((at) => at > 0));
    const call = text.indexOf('super(', match.index);
    if (call < 0 || call > stop) return [];
    const code = argumentsAt(text, call + 'super'.length)
      .map((argument) => CODE.exec(argument)?.[1])
      .find(Boolean);
    return code ? [[match[1], code]] : [];
  });
}

function sentencesOf(file, text, classes) {
  const made = [...text.matchAll(/\bnew (\w+Error)\(/g)].flatMap((match) => {
    const args = argumentsAt(text, match.index + match[0].length - 1);
    const code = classes.get(match[1]) ?? args.map((argument) => CODE.exec(argument)?.[1]).find(Boolean);
    return code === undefined ? [] : [{ code, args }];
  });
  const own = [...text.matchAll(/\bsuper\(/g)].flatMap((match) => {
    const args = argumentsAt(text, match.index + match[0].length - 1);
    const code = args.map((argument) => CODE.exec(argument)?.[1]).find(Boolean);
    return code === undefined ? [] : [{ code, args }];
  });
  return [...made, ...own].flatMap(({ code, args }) => {
    const message = messageOf(args);
    return message === '' ? [] : [{ code, message, file }];
  });
}

/** The texts among the arguments, in the order in which they are told; what varies is …. */
function messageOf(args) {
  const texts = args
    .filter((argument) => !CODE.test(argument))
    .flatMap((argument) =>
      /^[`'"]/.test(argument) ? [plain(argument)] : argument.startsWith('{') ? wayOut(argument) : [],
    );
  return texts
    .filter((text) => /[a-z]{2}/.test(text))
    .join('; ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function wayOut(argument) {
  const found = /wayOut:\s*(?=[`'"])/.exec(argument);
  if (!found) return [];
  const start = found.index + found[0].length;
  return [plain(argument.slice(start))];
}

/**
 * The literals that a text begins with, put together where + joins them, without quotes and with … for each expression
 * in them.
 */
function plain(text) {
  let joined = '';
  for (let i = 0; i < text.length; i++) {
    if (/[`'"]/.test(text[i])) {
      const end = endOfText(text, i);
      joined += withoutQuotes(text.slice(i, end + 1));
      i = end;
    } else if (!/[\s+]/.test(text[i])) break;
  }
  return joined;
}

function withoutQuotes(literal) {
  let text = '';
  for (let i = 1; i < literal.length - 1; i++) {
    if (literal[i] === '$' && literal[i + 1] === '{') {
      i = closing(literal, i + 1);
      text += '…';
    } else if (literal[i] === '\\') text += literal[++i] === 'n' ? ' ' : literal[i];
    else text += literal[i];
  }
  return text;
}

/** The arguments of the call whose bracket is at `open`, as they are written. */
function argumentsAt(text, open) {
  const args = [];
  let start = open + 1;
  for (let i = open + 1; i < text.length; i++) {
    const char = text[i];
    if (char === '`' || char === "'" || char === '"') i = endOfText(text, i);
    else if ('([{'.includes(char)) i = closing(text, i);
    else if (char === ',' || char === ')') {
      const argument = text.slice(start, i).trim();
      if (argument !== '') args.push(argument);
      start = i + 1;
      if (char === ')') break;
    }
  }
  return args;
}

/** Index of the bracket that closes the one at `open`. */
function closing(text, open) {
  for (let i = open + 1; i < text.length; i++) {
    const char = text[i];
    if (char === '`' || char === "'" || char === '"') i = endOfText(text, i);
    else if ('([{'.includes(char)) i = closing(text, i);
    else if (')]}'.includes(char)) return i;
  }
  return text.length;
}

function endOfText(text, start) {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[start] === '`' && text[i] === '$' && text[i + 1] === '{') i = closing(text, i + 1);
    else if (text[i] === text[start]) return i;
  }
  return text.length;
}

/**
 * The page for people: codes of the API by status, then those of stages and commands. `problems` is the API's own
 * table.
 */
export function errorPage(sentences, problems) {
  const codes = [...new Set([...Object.keys(problems), ...sentences.map(({ code }) => code)])];
  const rows = (code) =>
    sentences
      .filter((sentence) => sentence.code === code)
      .map(
        ({ message, file }) =>
          `- ${message.replaceAll('<', '\\<')} <sub>[${file.split('/').slice(0, 2).join('/')}](../${file})</sub>`,
      );
  const section = (code) =>
    [
      `### \`${code}\``,
      ...(problems[code] ? [`${problems[code].status}: ${problems[code].title}.`] : []),
      ...(rows(code).length > 0 ? [rows(code).join('\n')] : []),
    ].join('\n\n');
  const ofApi = codes
    .filter((code) => problems[code])
    .sort((a, b) => problems[a].status - problems[b].status || compare(a, b));
  const others = codes.filter((code) => !problems[code]).sort(compare);
  return `${[HEAD, '## Problems of the API', ...ofApi.map(section), '## Failures of stages, servers and commands', OTHERS, ...others.map(section)].join('\n\n')}\n`;
}

const HEAD = `# Errors

Every code with what is said under it and the way out, read off the sources by \`npm run errors\`; a test fails while this page is older than they are.
What varies is written as …. A problem of the API has its code in \`code\`, the fields at fault in \`errors\` and the sentence in \`detail\` (RFC 9457).`;

const OTHERS =
  'A stage that failed has the code and the sentence in `error`; a server that does not start and a command that fails say them on standard error (`--json`: as one document).';
