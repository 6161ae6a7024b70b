import { Injectable } from '@nestjs/common';
import { JobRepository, ModelRepository } from '#database';
import { ObjectNotFoundError } from '#storage';

@Injectable()
export class ArtifactsService {
  constructor(
    private readonly jobs: JobRepository,
    private readonly models: ModelRepository,
  ) {}

  /**
   * The name that a job, or else the list of models, knows a file by. Throws NotFoundError for one that neither knows.
   */
  async nameOf(digest: string): Promise<string> {
    const known = (await this.jobs.artifact(digest)) ?? (await this.models.get(digest));
    if (!known) throw new ObjectNotFoundError(digest);
    return known.name;
  }
}
