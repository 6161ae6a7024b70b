/** Injection tokens of what is not a class of ours. */
export const CONFIG = Symbol('config');
export const DATABASE = Symbol('database');
export const STORE = Symbol('artifact store');
export const QUEUE = Symbol('queue');
