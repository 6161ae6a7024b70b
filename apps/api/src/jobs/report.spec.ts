import type { ArtifactRef, Job } from '#contracts';
import express, { type Request } from 'express';
import supertest from 'supertest';
import { formatFor, reportOf, type ReportFormat } from './report.js';

const file = (name: string, digest: string): ArtifactRef => ({ name, digest: digest.repeat(64), bytes: 1 });

function jobOf(state: Job['state'], artifacts: ArtifactRef[][]): Job {
  const stages = artifacts.map((kept) => ({ artifacts: kept }));
  return { id: '123e4567-e89b-42d3-a456-426614174000', state, stages } as unknown as Job;
}

describe('the format of a report', () => {
  /** What the function says of a real request with this Accept header. */
  async function formatOf(accept: string | null): Promise<string> {
    const app = express().use((request: Request, response) => {
      try {
        response.send(formatFor(request));
      } catch (error) {
        response.status(406).send((error as Error).message);
      }
    });
    const asked = supertest(app).get('/');
    return (await (accept === null ? asked.unset('accept') : asked.set('accept', accept))).text;
  }

  it.each<[string | null, ReportFormat]>([
    [null, 'json'],
    ['*/*', 'json'],
    ['application/json', 'json'],
    ['text/markdown', 'markdown'],
    ['text/markdown;q=0.5, application/json;q=0.4', 'markdown'],
    ['text/*', 'markdown'],
    ['text/html,application/xhtml+xml;q=0.9', 'html'],
  ])('is for Accept: %s %s', async (accept, format) => {
    expect(await formatOf(accept)).toBe(format);
  });

  it('is refused in words where the client takes neither', async () => {
    expect(await formatOf('image/png')).toBe(
      'there is no report as "image/png": accept application/json, text/markdown, or text/html',
    );
  });
});

describe('the report of a job', () => {
  const job = jobOf('succeeded', [
    [file('report.json', 'a'), file('model.onnx', 'b')],
    [file('report.json', 'c'), file('report.md', 'd')],
  ]);

  it('is the last that its stages kept, in the format asked for', () => {
    expect(reportOf(job, 'json').digest).toBe('c'.repeat(64));
    expect(reportOf(job, 'markdown').digest).toBe('d'.repeat(64));
  });

  it.each([
    ['failed', 'retry it to get a report'],
    ['cancelled', 'retry it to get a report'],
    ['running', '/events to its end'],
    ['queued', '/events to its end'],
  ] as const)('of a job that is %s does not exist: the error says the way out', (state, wayOut) => {
    const ask = () => reportOf(jobOf(state, [[]]), 'json');
    expect(ask).toThrow(wayOut);
    expect(ask).toThrow(expect.objectContaining({ code: 'report_not_ready' }));
  });
});
