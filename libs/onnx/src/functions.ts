import { InvalidModelError } from './errors.js';
import { importedVersion } from './opset.js';
import { isTabled, operatorForm } from './operators/operator-table.js';
import type { FunctionProto, ModelProto, NodeProto, OperatorSetIdProto } from './proto.js';

/** A model's functions by domain, name and overload. Throws InvalidModelError where two are the same. */
export class Functions {
  private readonly byKey = new Map<string, FunctionProto>();

  constructor(model: ModelProto) {
    for (const body of model.functions) {
      const key = keyOf(body.domain, body.name, body.overload);
      if (this.byKey.has(key)) throw new InvalidModelError(`function "${body.domain}.${body.name}" is defined twice`);
      this.byKey.set(key, body);
    }
  }

  /**
   * The function that a node calls; undefined for an operator. A function of the name of an operator that the runtime
   * knows in the imported version is another spelling of it, and the runtime takes its own.
   */
  calledBy({ domain, opType, overload }: NodeProto, imports: readonly OperatorSetIdProto[]): FunctionProto | undefined {
    const found = this.byKey.get(keyOf(domain, opType, overload));
    return found && isTabled(domain) && operatorForm(domain, opType, importedVersion(imports, domain))
      ? undefined
      : found;
  }
}

function keyOf(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain, name, overload]);
}
