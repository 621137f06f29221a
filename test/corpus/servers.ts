/** Servers on this machine that answer as a case says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a server answers a request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;
/** What a server does that speaks no HTTP, or its own. */
export type Talk = (socket: Socket) => void;

/** A server that is running. */
export interface Site {
  /** `http://127.0.0.1:1234` */
  readonly origin: string;
  /** Ends it. Fails if the library left a connection open. */
  end(): Promise<void>;
}

const tlsFile = (name: string) => readFileSync(join(__dirname, '../fixtures/tls', name));

/** A server of HTTP. @param answers by path */
export function httpSite(answers: Readonly<Record<string, Answer>>, host?: string): Promise<Site> {
  return start(createHttpServer(dispatch(answers)), 'http', host);
}

/** A server of HTTPS, with a certificate that nobody vouches for, or with none. */
export function httpsSite(answers: Readonly<Record<string, Answer>>, hasCertificate: boolean): Promise<Site> {
  const certificate = { key: tlsFile('key.pem'), cert: tlsFile('certificate.pem') };
  return start(createHttpsServer(hasCertificate ? certificate : {}, dispatch(answers)), 'https');
}

/** A server of anything, which is asked for HTTP or HTTPS. */
export function tcpSite(talk: Talk, scheme: 'http' | 'https' = 'http'): Promise<Site> {
  return start(createTcpServer(talk), scheme);
}

function dispatch(answers: Readonly<Record<string, Answer>>) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const answer = answers[decodeURI(request.url!.split('?')[0])];
    if (answer) answer(response, request);
    else response.writeHead(404, 'Not Found').end('<html>nothing here</html>');
  };
}

async function start(server: Server, scheme: string, host = '127.0.0.1'): Promise<Site> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // the other side gave up
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async end() {
      for (let wait = 0; sockets.size > 0 && wait < 100; wait++) await sleep(10);
      const left = sockets.size;
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      assert.equal(left, 0, 'a connection was left open');
    },
  };
}
