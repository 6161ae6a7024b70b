import { commandName, serverCommand } from './command-name.js';

describe('how messages call the command', () => {
  const npm = { npm_lifecycle_event: 'coldpress', npm_package_json: '/src/cold press/package.json' };

  it.each([
    ['by its name', {}, 'coldpress'],
    ['by its name in another script of npm', { ...npm, npm_lifecycle_event: 'test' }, 'coldpress'],
    ['through npm, in the checkout and below it', { ...npm, INIT_CWD: '/src/cold press/docs' }, 'npm run coldpress --'],
    [
      'through npm from elsewhere, with the place of the checkout',
      { ...npm, INIT_CWD: '/home/me' },
      "npm --prefix '/src/cold press' run coldpress --",
    ],
  ])('%s', (_how, environment, expected) => expect(commandName(environment)).toBe(expected));

  it.each([
    [{}, 'coldpress up'],
    [{ ...npm, INIT_CWD: '/src/cold press' }, 'npm start'],
    [{ ...npm, INIT_CWD: '/home/me' }, "npm --prefix '/src/cold press' start"],
  ])('a server that stays is started likewise', (environment, expected) => {
    expect(serverCommand(environment)).toBe(expected);
  });
});
