import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { Problem } from '#contracts';

/** Documents the problems that a route may answer with. */
export function ApiProblem(...statuses: number[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, standardSchema: Problem, description: 'A problem (RFC 9457).' })),
  );
}
