/** Base of what libs/inference throws. */
export class InferenceError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The runtime refused to load the model. */
export class ModelLoadError extends InferenceError {
  constructor(cause: unknown) {
    super('model_load', `onnxruntime cannot load the model: ${messageOf(cause)}`, { cause });
  }
}

/** The runtime failed while running a loaded model. */
export class RunError extends InferenceError {
  /** The node that failed, where the runtime names one. */
  readonly failed: { opType: string; name: string } | null;

  constructor(cause: unknown) {
    super('model_run', `onnxruntime cannot run the model: ${messageOf(cause)}`, { cause });
    const [, opType, name = ''] = AT_NODE.exec(saidBy(cause)) ?? [];
    this.failed = opType === undefined ? null : { opType, name };
  }
}

/** The runtime's profile is missing or unreadable. */
export class ProfileError extends InferenceError {
  constructor(problem: string) {
    super('model_profile', problem);
  }
}

/** `Non-zero status code returned while running Conv node. Name:'y' Status Message: …` */
const AT_NODE = /^Non-zero status code returned while running (\w+) node\. Name:'([^']*)' Status Message: ([^]*)$/;
/** Where in the sources of the runtime a check failed, and what it asked: `/…/reshape_helper.h:91 … was false. ` */
const IN_SOURCES = /(^|\s)\/\S+\.(?:h|cc|cpp):\d+ [^]*? was false\.\s*/;

/** An error may come from another realm, as from native code: it is no Error of this one then. */
function saidBy(cause: unknown): string {
  const isSaid = typeof cause === 'object' && cause !== null && 'message' in cause;
  return isSaid ? String(cause.message) : String(cause);
}

/** What the runtime says, with the node first and without the places in its sources. */
function messageOf(cause: unknown): string {
  const said = saidBy(cause);
  const [, operator, name, why] = AT_NODE.exec(said) ?? [];
  const words = (why ?? said).replace(IN_SOURCES, '$1').trim();
  if (operator === undefined) return words;
  return `${operator}${name ? ` "${name}"` : ''}: ${words}`;
}
