import { fieldProblems, Report, sentenceOf } from '#contracts';
import { ReportError } from './errors.js';

/** Where the page keeps its report. */
const EMBEDDED = /<script type="application\/json" id="report">([^]*?)<\/script>/;

/** Reads a report from its JSON or from its page. Throws ReportError naming the fields at fault. */
export function readReport(text: string): Report {
  const json = text.trimStart().startsWith('<') ? EMBEDDED.exec(text)?.[1] : text;
  if (json === undefined) throw unreadable('the page holds no report: take the one that coldpress report --html wrote');
  const parsed = Report.safeParse(parse(json));
  if (parsed.success) return parsed.data;
  throw unreadable(`it is no report that this version reads: ${sentenceOf(fieldProblems(parsed.error.issues))}`);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw unreadable('it is no JSON: give the report.json or the page of a job', cause);
  }
}

function unreadable(message: string, cause?: unknown): ReportError {
  return new ReportError('report_format', message, cause === undefined ? {} : { cause });
}
