import type { z } from 'zod';

/** How a body travels: JSON of a schema, bytes of a media type, or a form of files. */
export type BodyFormat = JsonFormat<z.ZodType> | { kind: 'bytes'; media: string } | { kind: 'form' };

/** How an answer travels; of an event stream, how each event is read and which one ends it. */
export type AnswerFormat =
  | JsonFormat<z.ZodType>
  | { kind: 'bytes' }
  | { kind: 'text'; media: string }
  | { kind: 'nothing' }
  | EventFormat;

export interface JsonFormat<T extends z.ZodType> {
  kind: 'json';
  schema: T;
}

export interface EventFormat<T extends z.ZodType = z.ZodType> {
  kind: 'events';
  schema: T;
  /** Whether the stream is over with this event; a connection that closes before is broken. */
  isEnd(event: z.infer<T>, isFirst: boolean): boolean;
}

/** One route of the API. */
export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** A parameter is written as `:id`. */
  path: string;
  query?: z.ZodObject;
  body?: BodyFormat;
  answer: AnswerFormat;
  /**
   * Why a POST may be sent again when no answer came: it does nothing new the second time, or the server knows it by
   * its Idempotency-Key, which the client makes. GET and DELETE always may.
   */
  repeat?: 'harmless' | 'keyed';
}

export const json = <T extends z.ZodType>(schema: T) => ({ kind: 'json', schema }) as const;
export const text = (media: string) => ({ kind: 'text', media }) as const;
export const bytes = (media = 'application/octet-stream') => ({ kind: 'bytes', media }) as const;
export const FORM = { kind: 'form' } as const;
export const NOTHING = { kind: 'nothing' } as const;
export const events = <T extends z.ZodType>(schema: T, isEnd: EventFormat<T>['isEnd']) =>
  ({ kind: 'events', schema, isEnd }) as const;

type ParameterNames<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterNames<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never;

type QueryOf<R extends Route> = R extends { query: infer Q extends z.ZodObject } ? Partial<z.output<Q>> : unknown;
type BodyOf<R extends Route> = R extends { body: infer B } ? { body: BodyValue<B> } : unknown;
type BodyValue<B> = B extends { kind: 'json'; schema: infer S extends z.ZodType }
  ? z.input<S>
  : B extends { kind: 'form' }
    ? FormData
    : Blob;

/** What a call takes: the parameters of the path and of the query by name, and the body. */
export type InputOf<R extends Route> = { [N in ParameterNames<R['path']>]: string } & QueryOf<R> & BodyOf<R>;

/** What a call gives, of a stream each event. */
export type AnswerOf<R extends Route> = R['answer'] extends { schema: infer S extends z.ZodType }
  ? z.output<S>
  : R['answer'] extends { kind: 'text' }
    ? string
    : R['answer'] extends { kind: 'bytes' }
      ? ReadableStream<Uint8Array>
      : void;
