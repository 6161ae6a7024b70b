import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Page, PassInfo } from '#contracts';
import { ApiProblem } from '../openapi/problem-response.js';
import { findPass, passInfos } from './pass-infos.js';

@ApiTags('passes')
@ApiBearerAuth()
@Controller('v1/passes')
export class PassesController {
  @Get()
  @ApiOperation({ summary: 'Every pass with the JSON Schema of its options' })
  @ApiOkResponse({ standardSchema: Page(PassInfo) })
  @ApiProblem(401)
  list() {
    return { items: passInfos(), nextCursor: null };
  }

  @Get(':name')
  @ApiOperation({ summary: 'One pass' })
  @ApiOkResponse({ standardSchema: PassInfo })
  @ApiProblem(401, 404)
  get(@Param('name') name: string): PassInfo {
    return findPass(name);
  }
}
