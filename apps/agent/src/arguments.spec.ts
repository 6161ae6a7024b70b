import { parseCommand } from './arguments.js';
import { AgentUsageError } from './errors.js';

const ENROL = ['enrol', 'CODE', '--server', 'http://10.0.0.1:8090/', '--name', 'pi-kitchen'];

describe('the command line', () => {
  it('enrols with a code, an address without its last slash, a name and tags', () => {
    expect(parseCommand([...ENROL, '--tag', 'arm64', '--tag', 'pi'])).toMatchObject({
      name: 'enrol',
      code: 'CODE',
      server: 'http://10.0.0.1:8090',
      device: 'pi-kitchen',
      tags: ['arm64', 'pi'],
      run: true,
      service: false,
    });
  });

  it('runs with a folder and a bound of the models kept', () => {
    const command = parseCommand(['run', '--home', '/x', '--cache-mb', '100', '--service']);
    expect(command).toEqual({ name: 'run', server: null, home: '/x', cacheBytes: 100 * 1024 ** 2, service: true });
  });

  it('tells its usage where nothing is asked', () => {
    expect([parseCommand([]), parseCommand(['run', '-h'])]).toEqual([{ name: 'help' }, { name: 'help' }]);
  });

  it.each([
    [['walk'], 'there is no command "walk"'],
    [['run', 'fast'], 'run takes no "fast"'],
    [['enrol'], 'enrol takes one code'],
    [['enrol', 'CODE', '--name', 'x'], '--server needs the address'],
    [ENROL.slice(0, 4), '--name is missing'],
    [[...ENROL.slice(0, 5), 'Pi Kitchen'], '--name: '],
    [[...ENROL, '--tag', '-x'], '--tag'],
    [[...ENROL, '--cache-mb', 'much'], '--cache-mb needs a number'],
    [[...ENROL, '--fast'], '--fast'],
  ])('refuses %j', (args, words) => {
    expect(() => parseCommand(args)).toThrow(AgentUsageError);
    expect(() => parseCommand(args)).toThrow(words);
  });
});
