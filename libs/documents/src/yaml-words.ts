import type { YAMLError } from 'yaml';
import type { DocumentProblem } from './errors.js';

/** What each error of the YAML parser means to who wrote the text. */
const WORDS: Partial<Record<YAMLError['code'], string>> = {
  ALIAS_PROPS: 'an alias (*name) takes neither a tag nor an anchor',
  BAD_ALIAS: 'the name of this alias or anchor cannot be read',
  BAD_COLLECTION_TYPE: 'the tag does not fit what it stands before',
  BAD_DIRECTIVE: 'this line starting with % is not understood: leave it out',
  BAD_DQ_ESCAPE: 'an escape in "double quotes" is not understood: write \\\\ for a backslash, or use \'single quotes\'',
  BAD_INDENT: 'the indentation does not fit the lines before, or a bracket is not closed',
  BAD_PROP_ORDER: 'an anchor or tag stands in the wrong place',
  BAD_SCALAR_START: 'a text cannot start with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a list or mapping starts within a line: begin it on a line of its own, or put the text in quotes',
  BLOCK_IN_FLOW: 'within { } and [ ] there is no block: write it with { } or [ ] too',
  DUPLICATE_KEY: 'a key is written twice in one mapping: leave one out',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'a character is missing: look for a bracket, quote, comma or ": " that is not there',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines: put it on one, or look for a missing ":" or quote before',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_DOCS: 'a second document begins here: send one only',
  MULTIPLE_TAGS: 'a value has two tags',
  RESOURCE_EXHAUSTION: 'lists and mappings lie too deep inside each other: make it flatter',
  TAB_AS_INDENT: 'a tab is used for indentation: use spaces',
  TAG_RESOLVE_FAILED: 'a tag (!name) is not understood: leave it out',
  UNEXPECTED_TOKEN: 'something stands here that does not belong: look for a bracket, comma or quote too many',
};

/** The parser's error in our words. */
export function yamlProblem({ code, linePos }: YAMLError): DocumentProblem {
  return { line: linePos?.[0].line ?? 1, message: WORDS[code] ?? 'this cannot be read as YAML' };
}
