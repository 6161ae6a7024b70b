import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Model, SweepDocument } from '#contracts';
import { DocumentError, LIMITS } from '#documents';
import { asksForLayers, parseSweep, unreadableSweep, withEachLayer } from '#pipeline';
import { ModelGraphs } from '../models/model-graphs.js';
import { Documents } from '../untrusted/documents.js';
import type { SweepBody } from './sweep-body.js';

/** Documents of sweeps as they are sent, and as they are planned. */
@Injectable()
export class SweepDocuments {
  constructor(
    private readonly documents: Documents,
    private readonly graphs: ModelGraphs,
  ) {}

  /** Text is read off the event loop. Throws SweepError. */
  async read(input: SweepBody['sweep']): Promise<SweepDocument> {
    try {
      return parseSweep(typeof input === 'string' ? await this.documents.reader.read(input, LIMITS.recipe) : input);
    } catch (cause) {
      throw cause instanceof DocumentError ? unreadableSweep(cause) : cause;
    }
  }

  /** With the names of the model's layers where a range stands for each. Throws SweepError, and as ModelGraphs does. */
  async withLayers(document: SweepDocument, { id }: Pick<Model, 'id'>): Promise<SweepDocument> {
    if (!asksForLayers(document)) return document;
    const { layers } = await this.graphs.of(id);
    return withEachLayer(document, layers, () => nextTurn());
  }
}
