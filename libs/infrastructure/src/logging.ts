import type { DynamicModule } from '@nestjs/common';
import type { Config } from '#contracts';
import { lossyLines } from '#process';
import { LoggerModule, type Params } from 'nestjs-pino';

/** What a process adds to its log: its name, and how requests are told. */
export type LogOptions = Extract<Params['pinoHttp'], { level?: unknown }>;

/** Lines of JSON on stderr: stdout carries the ready line alone. */
export function logging({ logLevel }: Pick<Config, 'logLevel'>, options: LogOptions): DynamicModule {
  return LoggerModule.forRoot({ pinoHttp: [{ level: logLevel, ...options }, lossyLines(process.stderr)] });
}
