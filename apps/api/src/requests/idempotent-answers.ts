import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IdempotencyRepository, type KeyClaim, type StoredResponse } from '#database';
import { canonicalJson } from '#pipeline';
import { ApiError } from '../problems/api-error.js';

/** Answers to requests with an Idempotency-Key: a repetition gets the first answer and makes nothing. */
@Injectable()
export class IdempotentAnswers {
  constructor(private readonly keys: IdempotencyRepository) {}

  /**
   * `accept` does the work, and stores its answer under the claim in the transaction that does it. Throws ApiError
   * while the first request is being answered.
   */
  async to(
    body: unknown,
    key: string | undefined,
    accept: (claim?: KeyClaim) => Promise<StoredResponse>,
  ): Promise<StoredResponse> {
    if (key === undefined) return accept();
    const claim = await this.keys.claim(key, createHash('sha256').update(canonicalJson(body)).digest('hex'));
    switch (claim.state) {
      case 'answered':
        return claim.response;
      case 'pending':
        throw new ApiError(
          'idempotency_pending',
          `the first request with the Idempotency-Key "${key}" is still being answered: ask again in a moment`,
        );
      case 'new':
        return this.keys.hold(claim.claim, () => accept(claim.claim));
    }
  }
}
