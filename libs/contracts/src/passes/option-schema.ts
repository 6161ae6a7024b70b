/** What is read of the JSON Schema of an option, by command line and page. */
export interface OptionSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly OptionSchema[];
  oneOf?: readonly OptionSchema[];
  items?: OptionSchema | false;
  properties?: Readonly<Record<string, OptionSchema>>;
  additionalProperties?: OptionSchema | boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

/** Whether a bound is one that somebody meant: the largest numbers of a type are none. */
export function isMeantBound(bound: number | undefined): bound is number {
  return bound !== undefined && bound > Number.MIN_SAFE_INTEGER && bound < Number.MAX_SAFE_INTEGER;
}
