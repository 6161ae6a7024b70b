import { Inject, Injectable } from '@nestjs/common';
import type { Lease } from '#contracts';
import type { BenchmarkRow } from '#database';
import type { ArtifactStore } from '#storage';
import { STORE } from '#infrastructure';

/** How long an address at the store is good for; a device downloads as soon as it has the lease. */
const VALID_SECONDS = 15 * 60;

/** A benchmark as a device gets it, with where its files are to be had. */
@Injectable()
export class LeasedFiles {
  constructor(@Inject(STORE) private readonly store: ArtifactStore) {}

  async leaseOf({ id, fence, jobId, work }: BenchmarkRow): Promise<Lease> {
    const { inputs, settings, data, throughput } = work;
    const placeOf = (digest: string) => this.placeOf(`/v1/agent/leases/${id}/models/${digest}?fence=${fence}`, digest);
    const place = async (model: { digest: string; label: string }) => ({ ...model, ...(await placeOf(model.digest)) });
    return {
      id,
      fence,
      job: `job ${jobId}`,
      models: await Promise.all(work.models.map(place)),
      inputs,
      ...(data ? { data: { ...data, ...(await placeOf(data.digest)) } } : {}),
      ...(throughput ? { throughput } : {}),
      settings,
    };
  }

  /** From the server always; from the store itself where that gives addresses. */
  private async placeOf(path: string, digest: string): Promise<{ path: string; url?: string }> {
    const url = await this.store.presign(digest, VALID_SECONDS);
    return url === null ? { path } : { path, url };
  }
}
