/** ONNX of opset 13: z = x + x for two floats; the smallest model that says whether the runtime works. */
export const HEALTH_MODEL = 'CAcSADo1Cg4KAXgKAXgSAXoiA0FkZBIBaFoPCgF4EgoKCAgBEgQKAggCYg8KAXoSCgoICAESBAoCCAJCBAoAEA0=';
