/** Two hosts made of network namespaces, joined by a bridge that this process is at too. They need Linux, root and iproute2. */
import { execFileSync } from 'node:child_process';
import { pinnedWorker } from './pinnedWorker.mjs';

const BRIDGE = 'rnbridge';

/** The hosts: the namespace, the bridge's end of the link to it, and its address. */
export const HOSTS = [1, 2].map((i) => ({
  name: `rnhost${i}`,
  link: `rnlink${i}`,
  address: `10.77.0.${i + 1}`,
}));

/** Whether this process may make them. */
export function canMakeHosts() {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** @param {string} command of `ip` or `tc` */
export function network(command) {
  const [program, ...args] = command.split(' ');
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Makes the hosts, in place of those that an earlier run has left. */
export function makeHosts() {
  removeHosts();
  network(`ip link add ${BRIDGE} type bridge`);
  network(`ip addr add 10.77.0.1/24 dev ${BRIDGE}`);
  network(`ip link set ${BRIDGE} up`);
  for (const { name, link, address } of HOSTS) {
    network(`ip netns add ${name}`);
    network(`ip link add ${link} type veth peer name eth0 netns ${name}`);
    network(`ip link set ${link} master ${BRIDGE} up`);
    network(`ip -n ${name} addr add ${address}/24 dev eth0`);
    network(`ip -n ${name} link set eth0 up`);
    network(`ip -n ${name} link set lo up`);
  }
}

/** Removes the hosts, as far as there are any. */
export function removeHosts() {
  const commands = HOSTS.flatMap(({ name, link }) => [`ip link del ${link}`, `ip netns del ${name}`]);
  for (const command of [...commands, `ip link del ${BRIDGE}`]) {
    try {
      network(command);
    } catch {
      // It wasn't made.
    }
  }
}

/**
 * Starts a worker on each host, on a core of its own, and waits until they listen.
 *
 * @param {number} port
 */
export function startHostWorkers(port) {
  return Promise.all(
    HOSTS.map(({ name, address }, core) =>
      pinnedWorker(core, ['--host', address, '--port', String(port)], ['ip', 'netns', 'exec', name]),
    ),
  );
}
