import { Module } from '@nestjs/common';
import { Documents } from './documents.js';
import { Untrusted } from './untrusted.js';

@Module({ providers: [Documents, Untrusted], exports: [Documents, Untrusted] })
export class UntrustedModule {}
