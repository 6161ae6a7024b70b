import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Schemas that the page uses none of are left out: making one changes nothing. What is said of all schemas is kept with what uses it. */
const isSchemas = (id: string): boolean => /\/libs\/(contracts|client|numbers|search|model-graph)\/src\//.test(id);

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    sourcemap: true,
    rolldownOptions: {
      input: ['index.html', 'device.html'],
      treeshake: { moduleSideEffects: (id) => !isSchemas(id) },
    },
  },
  worker: { format: 'es' },
  server: { proxy: { '/v1': 'http://127.0.0.1:8090' } },
});
