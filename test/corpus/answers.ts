/** Answers of servers that mean well, and of those that don't. */
import type { Answer, Talk } from './servers';

/** A body, with headers. */
export function body(content: string | Uint8Array, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(200, headers).end(content);
}

export function status(code: number, text?: string): Answer {
  return (response) => response.writeHead(code, text).end('<html>sorry</html>');
}

export function redirect(location: string, code = 302): Answer {
  return (response) => response.writeHead(code, { location }).end('moved');
}

/** Writes as fast as it is read, for ever. */
export const endless: Answer = (response) => {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    response.once('drain', more);
  };
  more();
};

/** A redirect whose own body has no end. */
export function endlessRedirect(location: string): Answer {
  return (response, request) => {
    response.writeHead(302, { location });
    endless(response, request);
  };
}

/** A byte every now and then. */
export const drip: Answer = (response) => {
  response.write('\x89PNG');
  const timer = setInterval(() => response.write('.'), 30);
  response.once('close', () => clearInterval(timer));
};

/** The beginning of a body, and then nothing. */
export function stall(content: Uint8Array): Answer {
  return (response) => response.write(content.subarray(0, 1000));
}

/** Says how long the body is, and breaks off before. */
export function breakOff(content: Uint8Array): Answer {
  return (response) => {
    response.setHeader('content-length', content.length);
    response.write(content.subarray(0, 5000), () => response.destroy());
  };
}

/** Sends bytes as they are once it was asked, and hangs up. */
export function raw(...content: (string | Uint8Array)[]): Talk {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part as string, 'latin1')));
  return (socket) => socket.once('data', () => socket.end(bytes));
}

/** Sends a text again and again, each time a little later. */
export function again(first: string, text: string, milliseconds: number): Talk {
  return (socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.write(text), milliseconds);
    socket.once('close', () => clearInterval(timer));
  };
}

/** Takes what is said, and says nothing. */
export const silence: Talk = (socket) => {
  socket.resume();
};

/** Hangs up at the first word. */
export const hangUp: Talk = (socket) => {
  socket.once('data', () => socket.destroy());
};
