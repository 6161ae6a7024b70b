import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Public } from '../auth/public.decorator.js';
import { ApiError } from '../problems/api-error.js';
import { AgentPackage } from './agent-package.js';
import { PLATFORMS, type AgentPlatform } from './lay-runtime.js';

const Platform = z.enum(PLATFORMS).optional();

/** npm says what it runs on: "npm/10.8.2 node/v20.20.0 linux arm64 workspaces/false". */
const NPM = /\bnode\/\S+ (\S+) (\S+)/;

/** The agent as an npm tarball, for `npx http://SERVER/agent.tgz`; no part of the API. */
@ApiExcludeController()
@Controller()
export class AgentPackageController {
  constructor(private readonly agent: AgentPackage) {}

  @Get(['agent.tgz', 'agent-:version.tgz'])
  @Public()
  async get(
    @Query('platform', { schema: Platform }) asked: AgentPlatform | undefined,
    @Param('version') version: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    if (version !== undefined && version !== this.agent.version)
      throw new ApiError(
        'not_found',
        `this server serves agent ${this.agent.version}, not ${version}: take /agent.tgz`,
      );
    const path = await this.agent.tarball(asked ?? platformOf(request));
    // The same address serves another version after an update of the server.
    response.setHeader('cache-control', 'no-cache').setHeader('vary', 'user-agent').type('application/gzip');
    // A data folder may be hidden, as .coldpress is.
    response.sendFile(path, { dotfiles: 'allow' });
  }
}

/** Throws ApiError `invalid_request` for a platform without binaries, and for a client that does not tell its own. */
function platformOf({ headers }: Request): AgentPlatform {
  const [, system, processor] = NPM.exec(headers['user-agent'] ?? '') ?? [];
  const platform = `${system}-${processor}`;
  const found = PLATFORMS.find((name) => name === platform);
  if (found) return found;
  const names = PLATFORMS.join(', ');
  const what = system === undefined ? 'this client does not tell its platform' : `there is no runtime for ${platform}`;
  throw new ApiError('invalid_request', `${what}: add ?platform= with one of ${names}, or see docs/agent-protocol.md`);
}
