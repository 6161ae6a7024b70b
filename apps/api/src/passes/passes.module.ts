import { Module } from '@nestjs/common';
import { PassesController } from './passes.controller.js';

@Module({ controllers: [PassesController] })
export class PassesModule {}
