import { reachableFrom } from './reachable.js';

const address = (ip: string, internal = false) => ({
  ...{ address: ip, netmask: '', family: 'IPv4' as const, mac: '', internal, cidr: null },
});
const networks = { lo: [address('127.0.0.1', true)], eth0: [address('192.168.1.10')], wlan0: [address('10.0.0.7')] };

it.each<[string, string, string, string[], RegExp | null]>([
  ['its name', 'https://press.example', '0.0.0.0', ['https://press.example'], null],
  [
    'its networks where it was asked as localhost',
    'http://localhost:8090',
    '0.0.0.0',
    ['http://192.168.1.10:8090', 'http://10.0.0.7:8090'],
    null,
  ],
  ['the one address on which it listens', 'http://127.0.0.1:8090', '10.0.0.7', ['http://10.0.0.7:8090'], null],
  ['nothing where it listens on its own machine', 'http://localhost:8090', '127.0.0.1', [], /--host 0\.0\.0\.0/],
])('a server is reached by %s', (_what, origin, listensOn, servers, unreachable) => {
  const found = reachableFrom(origin, listensOn, networks);
  expect(found.servers).toEqual(servers);
  expect(found.unreachable).toEqual(unreachable ? expect.stringMatching(unreachable) : null);
});

it('a machine without a network says so', () => {
  expect(reachableFrom('http://localhost:80', '::', { lo: networks.lo }).unreachable).toContain('in no network');
});
