import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { type Guard, Refused } from './guard.js';
import { bareHost } from './rules.js';
import { followSockets, timed } from './setup.js';

type PoolOptions = Omit<Agent.Options, 'connect' | 'factory'> & {
  connect?: { timeout?: number; ca?: string | Buffer };
};

/** An undici Agent whose every new connection has passed the guard; `options` are undici's own. */
export function guardedAgent(guard: Guard, { connect = {}, ...options }: PoolOptions = {}): Agent {
  // undici tells its lookup no port, which rules of the form host:port need: hence a connector for each port.
  const connectors = new Map<number, buildConnector.connector>();

  function connectorTo(port: number): buildConnector.connector {
    const connector =
      connectors.get(port) ?? timed(buildConnector({ ...connect, lookup: guard.lookup(port) }));
    connectors.set(port, connector);
    return connector;
  }

  /** Connections are kept and used again: when a rule is gone, so are those that it allowed. */
  const open = new Map<Socket, { host: string; port: number }>();
  guard.onChange(() => {
    for (const [socket, { host, port }] of open) {
      const refusal = guard.judge(host, port, [socket.remoteAddress ?? host]);
      if (refusal) socket.destroy(new Refused(refusal));
    }
  });

  function keep(socket: Socket, host: string, port: number): void {
    open.set(socket, { host, port });
    socket.once('close', () => open.delete(socket));
  }

  followSockets();
  return new Agent({
    ...options,
    connect: (target, done) => {
      const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
      const refusal = guard.admit(target.hostname, port);
      if (refusal) process.nextTick(done, new Refused(refusal), null);
      else
        connectorTo(port)(target, (...[error, socket]) => {
          if (error) return done(error, null);
          keep(socket!, bareHost(target.hostname), port);
          done(null, socket!);
        });
    },
  });
}

/** Node's own two agents, as got takes them, whose every new connection has passed the guard. */
export function guardedAgents(guard: Guard, options: https.AgentOptions = {}) {
  return {
    http: behind(guard, new http.Agent({ keepAlive: true, ...options })),
    https: behind(guard, new https.Agent({ keepAlive: true, ...options })),
  };
}

// Not got's dnsLookup, nor a `lookup` among the options: neither is asked about hosts that are IP addresses.
function behind<A extends http.Agent>(guard: Guard, agent: A): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const port = Number(options.port);
    const refusal = guard.admit(options.host ?? options.hostname ?? 'localhost', port);
    if (!refusal) return connect({ ...options, lookup: guard.lookup(port) }, done);
    process.nextTick(() => done?.(new Refused(refusal), null as never));
    return undefined;
  };
  return agent;
}
