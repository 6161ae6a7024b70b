import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A loopback proxy before a server that makes its outages: connections cut, refused, or left hanging. */
export interface TcpProxy {
  readonly port: number;
  /** Cuts each of the next `times` connections after so many bytes from the server. */
  cutAfter(bytes: number, times: number): void;
  /** Cuts all connections and refuses new ones until `restore`, as a stopped server does. */
  stop(): Promise<void>;
  restore(): Promise<void>;
  /**
   * Answers no more on any connection, without closing it, until `restore`. What is sent meanwhile is lost: `stop`
   * before that ends the connections.
   */
  hang(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let cut = { bytes: 0, times: 0 };
  let isHanging = false;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => (sockets.delete(socket), client.destroy(), target.destroy()));
    }
    let left = Infinity;
    if (cut.times > 0) {
      left = cut.bytes;
      cut = { ...cut, times: cut.times - 1 };
    }
    client.on('data', (piece: Buffer) => void (isHanging || target.write(piece)));
    target.on('data', (piece: Buffer) => {
      if (isHanging) return;
      client.write(piece.subarray(0, left), () => void (left === 0 && client.destroy()));
      left = Math.max(0, left - piece.byteLength);
    });
  });
  const listen = async (port: number): Promise<number> => {
    for (;;) {
      try {
        await once(server.listen(port, '127.0.0.1'), 'listening');
        return (server.address() as AddressInfo).port;
      } catch (error) {
        // A connection of somebody else may have got the port meanwhile: it ends.
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
        await wait(50);
      }
    }
  };
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    cutAll();
    await once(server, 'close');
  };
  const port = await listen(0);
  return {
    port,
    cutAfter: (bytes, times) => {
      cut = { bytes, times };
      cutAll();
    },
    stop,
    restore: async () => {
      isHanging = false;
      if (!server.listening) await listen(port);
    },
    hang: () => {
      isHanging = true;
    },
    close: stop,
  };
}
