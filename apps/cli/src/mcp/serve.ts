import type { Client } from '#client';
import { Door, type DoorLimits } from './door.js';
import { Tickets, type Ticket } from './tickets.js';
import { TOOLS, type Tool } from './tools.js';
import { z } from 'zod';
import { version } from '../version.js';

type Answer = {
  content: { type: 'text'; text: string }[];
  isError?: boolean;
};

/** Serves the tools by Model Context Protocol over standard input and output, until the input ends. */
export async function serveTools(connect: () => Promise<Client>, limits: DoorLimits): Promise<void> {
  const { McpServer } = await import('@modelcontextprotocol/sdk/server/mcp.js');
  const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
  const server = new McpServer({ name: 'coldpress', version: version() });
  const tickets = new Tickets<unknown>();
  let door: Door | undefined;
  const run = async (tool: Tool, given: Record<string, unknown>) => {
    const client = await connect();
    door ??= new Door(client, limits);
    return tool.run({ client, door }, given);
  };
  for (const [name, tool] of Object.entries(TOOLS)) {
    server.registerTool(name, { description: tool.description, inputSchema: tool.input }, (given) =>
      answered(tickets.begin(run(tool, given))),
    );
  }
  const ticket = z.string().describe('What another tool gave because it takes longer than a second.');
  server.registerTool(
    'ask_again',
    { description: 'The answer of a tool that gave a ticket, once there is one.', inputSchema: { ticket } },
    ({ ticket: asked }) => answered(tickets.ask(asked) ?? Promise.reject(new Error(`there is no ticket ${asked}`))),
  );
  await server.connect(new StdioServerTransport());
}

/** Failures are answers that the agent reads. */
async function answered(pending: Promise<Ticket<unknown>>): Promise<Answer> {
  try {
    const found = await pending;
    if (found.state === 'done') return told(found.value);
    return told({ ...found, next: `ask_again with the ticket ${found.ticket}` });
  } catch (error) {
    return { ...told(error instanceof Error ? error.message : String(error)), isError: true };
  }
}

const told = (value: unknown): Answer => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
});
