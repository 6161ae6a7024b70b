import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { ApiRawBody } from '../openapi/raw-body.js';
import { heededBy, Heeds } from './heeded.js';

@Controller()
class Routes {
  @Get()
  nothing() {}

  @Get()
  named(@Query('cursor') _cursor: string, @Query('limit') _limit: string) {}

  @Get()
  schema(@Query({ schema: z.object({}) }) _query: unknown) {}

  @Post()
  @Heeds('idempotency-key')
  json(@Body() _body: unknown) {}

  @Post()
  @ApiRawBody({ 'application/octet-stream': 'binary' })
  raw() {}
}

const of = (name: keyof Routes) => heededBy(Routes, Routes.prototype[name]);

describe('what a route heeds of a request', () => {
  it.each([
    ['nothing', { query: [], body: 'none', headers: [] }],
    ['named', { query: ['limit', 'cursor'], body: 'none', headers: [] }],
    ['json', { query: [], body: 'json', headers: ['idempotency-key'] }],
    ['raw', { query: [], body: 'raw', headers: [] }],
  ] as const)('is read off its decorators (%s)', (name, heeded) => {
    const found = of(name);
    expect({ ...found, query: [...(found.query ?? [])].sort() }).toEqual({
      ...heeded,
      query: [...heeded.query].sort(),
    });
  });

  it('leaves the query to a schema where there is one, which refuses the rest itself', () => {
    expect(of('schema').query).toBeNull();
  });
});
