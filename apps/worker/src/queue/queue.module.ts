import { Module } from '@nestjs/common';
import { QueueConsumer } from './queue-consumer.js';

@Module({ providers: [QueueConsumer] })
export class QueueModule {}
