import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Alias,
  type LineCounter,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { checkText, type Budget } from './budget.js';
import { documentError } from './errors.js';

/**
 * Turns YAML nodes into plain values, in the order of the document: an alias stands for the last anchor of its name
 * before it and is counted as if it were written out. Throws DocumentError.
 */
export class YamlValues {
  private readonly anchors = new Map<string, Node>();
  /** Nodes that are being turned: an alias to one of them has no end. */
  private readonly under = new Set<Node>();

  constructor(
    private readonly budget: Budget,
    private readonly lines: LineCounter,
  ) {}

  of(node: Node | null | undefined): unknown {
    this.budget.value();
    if (!node) return null;
    if (isAlias(node)) return this.of(this.target(node));
    if (node.anchor) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.scalar(node);
    return this.within(node, () => {
      if (isSeq(node)) return node.items.map((item) => this.of(item as Node | null));
      return isMap(node) ? this.mapping(node) : null;
    });
  }

  private scalar(node: Scalar): unknown {
    if (typeof node.value === 'string') checkText(node.value, this.line(node));
    return node.value;
  }

  private within<T>(node: Node, turn: () => T): T {
    this.budget.open(this.line(node));
    this.under.add(node);
    const value = turn();
    this.under.delete(node);
    this.budget.close();
    return value;
  }

  private mapping(node: YAMLMap): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const seen = new Set<string>();
    const merged: Record<string, unknown>[] = [];
    for (const { key, value } of node.items as Pair<Node | null, Node | null>[]) {
      if (isMergeKey(key)) {
        merged.push(...this.mergeSources(value));
        continue;
      }
      const name = this.keyOf(key);
      this.budget.key(name, seen, key ? this.line(key) : undefined);
      result[name] = this.of(value);
    }
    // What the mapping itself holds, then the earlier of the merged ones, has its way.
    for (const source of merged)
      for (const [name, value] of Object.entries(source)) if (!Object.hasOwn(result, name)) result[name] = value;
    return result;
  }

  private mergeSources(value: Node | null): Record<string, unknown>[] {
    const read = this.of(value);
    const sources = Array.isArray(read) ? read : [read];
    return sources.map((source: unknown) => {
      if (typeof source === 'object' && source !== null && !Array.isArray(source))
        return source as Record<string, unknown>;
      throw documentError(
        '"<<" merges mappings: give it an alias of a mapping, or a list of them',
        value ? this.line(value) : undefined,
      );
    });
  }

  private keyOf(node: Node | null): string {
    if (node && !isScalar(node) && !isAlias(node))
      throw documentError('a key is a list or a mapping: keys are texts', this.line(node));
    const value = this.of(node);
    if (typeof value === 'object' && value !== null)
      throw documentError('a key is a list or a mapping: keys are texts', node ? this.line(node) : undefined);
    return String(value ?? '');
  }

  private target(alias: Alias): Node {
    const found = this.anchors.get(alias.source);
    if (!found)
      throw documentError(`there is no anchor &${alias.source} before the alias *${alias.source}`, this.line(alias));
    if (this.under.has(found))
      throw documentError(`the alias *${alias.source} stands inside of what it repeats`, this.line(alias));
    return found;
  }

  private line(node: Node): number {
    return this.lines.linePos(node.range?.[0] ?? 0).line;
  }
}

const isMergeKey = (key: Node | null): boolean =>
  isScalar(key) && key.value === '<<' && (key.type === undefined || key.type === 'PLAIN');
