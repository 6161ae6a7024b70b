import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ApiKey, ApiKeyRequest, CreatedApiKey, Page } from '#contracts';
import { ApiKeyRepository } from '#database';
import { z } from 'zod';
import { CallerKey, NeedsRole } from '../auth/role.js';
import { ApiProblem } from '../openapi/problem-response.js';

const KeyId = z.uuid();

/** API keys and what their holders may do; for admins. */
@ApiTags('keys')
@ApiBearerAuth()
@NeedsRole('admin')
@Controller('v1/keys')
export class KeysController {
  constructor(private readonly keys: ApiKeyRepository) {}

  @Get()
  @ApiOperation({ summary: 'Every API key with its role and its last use; never the key itself' })
  @ApiOkResponse({ standardSchema: Page(ApiKey) })
  @ApiProblem(403)
  async list() {
    return { items: await this.keys.list(), nextCursor: null };
  }

  @Get('own')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'The key that asks, with its role' })
  @ApiOkResponse({ standardSchema: ApiKey })
  own(@CallerKey() caller: ApiKey): ApiKey {
    return caller;
  }

  @Post()
  @ApiOperation({ summary: 'Make a key; the answer is the only one that has it' })
  @ApiCreatedResponse({ standardSchema: CreatedApiKey })
  create(@Body({ schema: ApiKeyRequest }) { name, role }: ApiKeyRequest): Promise<CreatedApiKey> {
    return this.keys.create(name, role);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key: from now on it opens nothing' })
  @ApiNoContentResponse()
  @ApiProblem(404, 409)
  revoke(@Param('id', { schema: KeyId }) id: string): Promise<void> {
    return this.keys.revoke(id);
  }
}
