import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: [
    './libs/database/src/schema.ts',
    './libs/database/src/devices/device-schema.ts',
    './libs/database/src/sweeps/sweep-schema.ts',
  ],
  out: './libs/database/migrations',
});
