/** Nodes of all models of a result together; of more, those that took longest are told. */
export const MOST_NODES = 4000;
