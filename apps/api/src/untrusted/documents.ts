import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DocumentReader } from '#documents';

/** The one thread that reads recipes and manifests from outside. */
@Injectable()
export class Documents implements OnApplicationShutdown {
  readonly reader = new DocumentReader();

  async onApplicationShutdown(): Promise<void> {
    await this.reader.close();
  }
}
