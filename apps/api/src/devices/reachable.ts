import { networkInterfaces } from 'node:os';

/** Where other machines find this server, and why they cannot where that is so. */
export interface Reachable {
  /** Addresses such as http://192.168.1.10:8090; none where no other machine reaches it. */
  servers: string[];
  unreachable: string | null;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/;
const EVERY_ADDRESS = ['0.0.0.0', '::'];

/**
 * The addresses under which another machine reaches a server that was asked under `origin`: that one, unless it means the asking machine
 * itself; then those of this machine in its networks, if the server listens there.
 */
export function reachableFrom(origin: string, listensOn: string, networks = networkInterfaces()): Reachable {
  const url = new URL(origin);
  if (!LOOPBACK.test(url.hostname)) return { servers: [origin], unreachable: null };
  if (LOOPBACK.test(listensOn)) {
    const unreachable = `the server listens on ${listensOn} alone, where no other machine reaches it: start it with --host 0.0.0.0`;
    return { servers: [], unreachable };
  }
  const addresses = EVERY_ADDRESS.includes(listensOn) ? addressesIn(networks) : [listensOn];
  const servers = addresses.map((address) => originWith(url, address));
  const unreachable = servers.length > 0 ? null : 'the machine of the server is in no network';
  return { servers, unreachable };
}

function originWith(url: URL, address: string): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}`;
}

const addressesIn = (networks: ReturnType<typeof networkInterfaces>): string[] =>
  Object.values(networks)
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
