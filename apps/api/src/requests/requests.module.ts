import { Module } from '@nestjs/common';
import { IdempotentAnswers } from './idempotent-answers.js';

/** How requests are answered that come again. */
@Module({ providers: [IdempotentAnswers], exports: [IdempotentAnswers] })
export class RequestsModule {}
