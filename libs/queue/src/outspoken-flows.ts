import type { BackendFactory, IQueueBackend } from 'bullmq';

/**
 * A backend whose `addFlow` throws what kept flows out. BullMQ answers with an error for each entry, of which a
 * FlowProducer throws that of a single flow and drops those of many.
 */
export function withOutspokenFlows<B extends IQueueBackend, C>(factory: BackendFactory<B, C>): BackendFactory<B, C> {
  return (...given) => {
    const backend = factory(...given);
    const addFlow = backend.addFlow.bind(backend);
    backend.addFlow = async (entries) => {
      const results = await addFlow(entries);
      for (const [error] of results) if (error) throw error;
      return results;
    };
    return backend;
  };
}
