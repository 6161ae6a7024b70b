import { DownloadProgress } from './download.js';

describe('a download', () => {
  it.each([
    [false, 'fetching: 2.00 MB\n'],
    [true, '\r\u001b[2Kfetching: 1.00 MB\r\u001b[2Kfetching: 2.00 MB\r\u001b[2K'],
  ])('tells its bytes where it takes long, in place on a terminal (%s)', (isTTY, expected) => {
    let [text, now] = ['', 0];
    const progress = new DownloadProgress({ isTTY, write: (part) => (text += part) }, () => now);
    for (const ms of [1000, 6000]) {
      now = ms;
      progress.read(1_000_000);
    }
    progress.end();
    expect(text).toBe(expected);
  });

  it('that is over at once tells nothing', () => {
    let text = '';
    const progress = new DownloadProgress({ isTTY: true, write: (part) => (text += part) }, () => 0);
    progress.read(1000);
    progress.end();
    expect(text).toBe('');
  });
});
