import { subgraphs, type GraphProto, type ModelProto } from '#onnx';

/** The operators of one domain, by name, and the version of it that the model wants. */
export interface DomainOperators {
  domain: string;
  version: number;
  names: string[];
}

/** The kinds of operators of a model, by domain, bodies of other nodes and functions included. */
export function operatorsOf(model: ModelProto): DomainOperators[] {
  const found = new Map<string, Set<string>>();
  const collect = ({ node: nodes }: Pick<GraphProto, 'node'>): void => {
    for (const node of nodes) {
      const domain = node.domain === '' ? 'ai.onnx' : node.domain;
      found.set(domain, (found.get(domain) ?? new Set()).add(node.opType));
      subgraphs(node).forEach(collect);
    }
  };
  if (model.graph) collect(model.graph);
  model.functions.forEach(collect);
  const versions = new Map(model.opsetImport.map(({ domain, version }) => [domain || 'ai.onnx', Number(version)]));
  return [...found]
    .map(([domain, names]) => ({ domain, version: versions.get(domain) ?? 1, names: [...names].toSorted() }))
    .toSorted((a, b) => (a.domain < b.domain ? -1 : 1));
}

/**
 * What `build.sh --include_ops_by_config` of ONNX Runtime reads: `domain;version;operators` on each line. All element
 * types stay in.
 */
export function requiredOperators(operators: readonly DomainOperators[]): string {
  const lines = operators.map(({ domain, version, names }) => `${domain};${version};${names.join(',')}`);
  const command = './build.sh --minimal_build --include_ops_by_config FILE';
  return `# Operators that a minimal build of ONNX Runtime needs: ${command}\n${lines.join('\n')}\n`;
}
