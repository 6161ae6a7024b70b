import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ROUTES } from '#client';

const PAGE = resolve(__dirname, '../../docs/agent-protocol.md');

interface Block {
  heading: string;
  value: unknown;
}

type Json = { kind: string; schema?: { safeParse(value: unknown): { success: boolean; error?: unknown } } };
interface Spoken {
  method: string;
  path: string;
  body?: Json;
  answer: Json;
}

const routes: Spoken[] = Object.values(ROUTES);

it('docs/agent-protocol.md has an exchange of every message, as the server takes and gives it', async () => {
  const text = (await readFile(PAGE, 'utf8')).replaceAll('…', '');
  const blocks = [...text.matchAll(/```json (.*)\n([^]*?)```/g)].map(([, heading = '', body = '']): Block => ({
    heading,
    value: JSON.parse(body),
  }));
  const told = new Set<string>();
  for (const [index, { heading, value }] of blocks.entries()) {
    const [method, path] = heading.split(' ');
    const route = routes.find((each) => each.method === method && each.path === path);
    if (!route) continue;
    told.add(heading);
    if (route.body) expect({ heading, ...parsed(route.body, value) }).toEqual({ heading, success: true });
    const next = blocks[index + 1];
    if (route.answer.kind === 'json')
      expect({ heading, ...parsed(route.answer, next?.value) }).toEqual({ heading, success: true });
  }
  const spoken = routes.filter(({ method, path }) => method === 'POST' && path.startsWith('/v1/agent/'));
  expect([...told].sort()).toEqual(spoken.map(({ method, path }) => `${method} ${path}`).sort());
});

function parsed(format: Json | undefined, value: unknown): { success: boolean; error?: unknown } {
  const { success, error } = format?.schema?.safeParse(value) ?? { success: false };
  return success ? { success } : { success, error };
}
