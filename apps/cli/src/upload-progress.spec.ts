import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { UploadProgress } from './upload-progress.js';

function shown(isTTY: boolean): { progress: UploadProgress; text: () => string; at: (ms: number) => void } {
  let [text, now] = ['', 0];
  const screen = { isTTY, write: (part: string) => (text += part) };
  const progress = new UploadProgress('net.onnx', screen, () => now);
  return { progress, text: () => text, at: (ms) => (now = ms) };
}

describe('an upload', () => {
  it('tells its bytes and what is left by its pace: a line at times on a pipe', () => {
    const { progress, text, at } = shown(false);
    progress.file(new Blob([new Uint8Array(4_000_000)]), 'net.onnx');
    for (const ms of [1000, 5000, 6000, 20_000]) {
      at(ms);
      progress.read(1_000_000);
    }
    progress.end();
    expect(text()).toBe(
      'sending net.onnx: 2.00 MB of 4.00 MB, about 5.0 s left\nnet.onnx is sent, 4.00 MB: the server checks it\n',
    );
  });

  it('that is sent tells of a check that goes on, once on a pipe, with its seconds on a terminal', () => {
    const pipe = shown(false);
    const terminal = shown(true);
    for (const { progress, at } of [pipe, terminal]) {
      progress.file(new Blob([new Uint8Array(1000)]), 'net.onnx');
      progress.read(1000);
      for (const ms of [1000, 3000, 4000]) {
        at(ms);
        progress.tick();
      }
    }
    expect(pipe.text()).toBe('net.onnx is sent, 1.00 kB: the server checks it\n');
    expect(terminal.text().split('\r\u001b[2K').slice(2)).toEqual([
      'net.onnx is sent, 1.00 kB: the server checks it, 3.0 s',
      'net.onnx is sent, 1.00 kB: the server checks it, 4.0 s',
    ]);
  });

  it('tells of what is packed before it', () => {
    const { progress, text, at } = shown(false);
    for (const ms of [1000, 6000]) {
      at(ms);
      progress.prepare(`packing photos: ${ms}`);
    }
    expect(text()).toBe('packing photos: 6000\n');
  });

  it('is one line on a terminal, which is taken away in the end', () => {
    const { progress, text, at } = shown(true);
    progress.file(new Blob([new Uint8Array(1000)]), 'net.onnx');
    at(150);
    progress.read(500);
    progress.read(500);
    progress.end();
    expect(text().split('\r\u001b[2K')).toEqual([
      '',
      'sending net.onnx: 500 B of 1.00 kB',
      'net.onnx is sent, 1.00 kB: the server checks it',
      '',
    ]);
  });

  it('counts what is really sent, alone and in a form, with its size known ahead', async () => {
    const lengths: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      lengths.push(request.headers['content-length']);
      request.resume().on('end', () => response.end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { progress, text, at } = shown(true);
    const bytes = new Blob([new Uint8Array(1000)]);
    at(1000);
    await fetch(url, { method: 'POST', body: progress.file(bytes, 'a') });
    const form = new FormData();
    form.append('file', progress.file(bytes, 'b'));
    await fetch(url, { method: 'POST', body: form });
    server.close();
    expect(lengths[0]).toBe('1000');
    expect(Number(lengths[1])).toBeGreaterThan(1000);
    expect(text()).toContain('net.onnx is sent, 2.00 kB');
  });
});
