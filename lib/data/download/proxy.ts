/**
 * Requests to the web, through the proxy that the environment names, by the rules of curl: http_proxy, https_proxy, all_proxy and
 * no_proxy, in lower or upper case. Node reads them from version 24 on, and only where NODE_USE_ENV_PROXY is set.
 */
import type { Agent } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { RequestInit, Response } from 'node-fetch';

/** A proxy that can't be used. Whoever asked makes a typed error of it. */
export class ProxyError extends Error {
  constructor(
    message: string,
    /** What to do about it. */
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

interface Proxy {
  /** The variable that names it, as it is spelled in the environment. */
  readonly variable: string;
  readonly url: URL;
}

/** The value of a variable, and how it is spelled. The lower case goes first, as in curl. */
function variable(name: string): { name: string; value: string } | undefined {
  const spelled = [name, name.toUpperCase()].find((spelling) => process.env[spelling]?.trim());
  return spelled === undefined ? undefined : { name: spelled, value: process.env[spelled]!.trim() };
}

/** The proxy for an address; undefined where it is asked directly. */
function proxyFor(url: URL): Proxy | undefined {
  const found = variable(url.protocol.replace(':', '_proxy')) ?? variable('all_proxy');
  if (found === undefined || isExempt(url, variable('no_proxy')?.value ?? '')) return undefined;
  const fix = `Set ${found.name} to an address such as http://proxy.example.com:3128.`;
  let proxy: URL;
  try {
    proxy = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(found.value) ? found.value : `http://${found.value}`);
    decodeURIComponent(proxy.username + proxy.password);
  } catch {
    // The cause quotes the address, and with it perhaps a password.
    throw new ProxyError(`the environment variable ${found.name} isn't the address of a proxy`, fix);
  }
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw new ProxyError(
      `the proxy in the environment variable ${found.name} is of the kind ${proxy.protocol}//, which isn't supported`,
      fix,
    );
  }
  return { variable: found.name, url: proxy };
}

/**
 * Whether a list in NO_PROXY names the host of an address: `*`, a host with all hosts below it, an IP address or a network of them
 * (`10.0.0.0/8`), each with or without a port.
 */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  const portOfHost = port || (protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const [, named, portOfEntry] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [entry, entry];
    if (portOfEntry !== undefined && portOfEntry !== portOfHost) return false;
    const name = named.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) return isAddressIn(host, name);
    const domain = domainToASCII(name.replace(/^\*?\.|\.$/g, ''));
    return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
  });
}

function isAddressIn(address: string, network: string): boolean {
  const [first, bits, ...rest] = network.split('/');
  const family = isIP(first) === 4 ? 'ipv4' : 'ipv6';
  if (isIP(first) !== isIP(address) || rest.length > 0) return false;
  const list = new BlockList();
  if (bits === undefined) list.addAddress(first, family);
  else if (/^\d+$/.test(bits) && Number(bits) <= (family === 'ipv4' ? 32 : 128)) {
    list.addSubnet(first, Number(bits), family);
  }
  return list.check(address, family);
}

/** One request through a proxy, and how far it came. */
class Passage {
  /** The proxy's answer to being asked for a tunnel. */
  private tunnel?: { statusCode: number; statusText: string };

  constructor(
    private readonly proxy: Proxy,
    private readonly to: URL,
  ) {}

  agent({ HttpProxyAgent, HttpsProxyAgent }: ProxyAgents, signal: AbortSignal): Agent {
    // The agents don't hear of a request that is given up while they wait for the proxy: its socket has to be told.
    const options = { signal };
    if (this.to.protocol === 'http:') return new HttpProxyAgent(this.proxy.url, options);
    const agent = new HttpsProxyAgent(this.proxy.url, options);
    agent.on('proxyConnect', (answer) => {
      this.tunnel = answer;
    });
    return agent;
  }

  /** What is wrong with the proxy where a request got no answer; undefined where it was the other end. */
  broken(cause: unknown): ProxyError | undefined {
    if (this.tunnel?.statusCode === 200) return undefined;
    const { code, message, name } = cause as NodeJS.ErrnoException;
    const what = name === 'AbortError' ? 'no answer in time' : (code ?? message.replace(/^.*reason: /, ''));
    return this.error(`can't be reached (${what})`, cause);
  }

  /** What is wrong with the proxy where it answered by itself. */
  refused({ status, statusText }: Response): ProxyError | undefined {
    const refusesTunnel = this.tunnel !== undefined && this.tunnel.statusCode !== 200;
    if (status !== 407 && !refusesTunnel) return undefined;
    if (status === 407) {
      return new ProxyError(
        `the proxy ${this.proxy.url.host} wants a user name and password, other than what ${this.proxy.variable} has`,
        `Put them into ${this.proxy.variable}: http://user:password@${this.proxy.url.host}.`,
      );
    }
    return this.error(`refuses to connect (${`${status} ${statusText}`.trimEnd()})`);
  }

  private error(what: string, cause?: unknown): ProxyError {
    const { variable, url } = this.proxy;
    return new ProxyError(
      `the proxy ${url.host}, which the environment variable ${variable} names, ${what}`,
      `Check ${variable}, or except ${this.to.hostname} from it in NO_PROXY.`,
      { cause },
    );
  }
}

type ProxyAgents = typeof import('http-proxy-agent') & typeof import('https-proxy-agent');

async function proxyAgents(): Promise<ProxyAgents> {
  return { ...(await import('http-proxy-agent')), ...(await import('https-proxy-agent')) };
}

/**
 * Fetches as node-fetch does, through the proxy that the environment names for the address, and for each it redirects to.
 *
 * @throws ProxyError when it is the proxy that fails; else what node-fetch throws
 */
export async function fetchFromWeb(
  address: string,
  init: RequestInit & { signal: AbortSignal },
): Promise<Response> {
  const { default: fetch } = await import('node-fetch');
  const names = ['http_proxy', 'https_proxy', 'all_proxy'];
  if (names.every((name) => variable(name) === undefined)) return fetch(address, init);

  const agents = await proxyAgents();
  let passage: Passage | undefined;
  const agent = (url: URL) => {
    const proxy = proxyFor(url);
    passage = proxy && new Passage(proxy, url);
    return passage?.agent(agents, init.signal);
  };
  const response = await fetch(address, { ...init, agent }).catch((cause) => {
    throw (!(cause instanceof ProxyError) && passage?.broken(cause)) || cause;
  });
  const refusal = passage?.refused(response);
  if (refusal === undefined) return response;
  response.body?.resume?.();
  throw refusal;
}
