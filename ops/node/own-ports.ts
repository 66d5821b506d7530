/** Ports of this machine that belong to the installation itself: no meter is behind them. */
import type { Config } from '../config/index.ts';

/** @param listening where the gateway listens, once it does */
export function ownPorts({ http, nats }: Pick<Config, 'http' | 'nats'>, listening: () => readonly (string | undefined)[]): () => readonly number[] {
  return () => [http.port, http.httpPort, ...[nats.url, ...listening()].map(portOf)].filter(isPort);
}

function portOf(url: string | undefined): number | undefined {
  const port = Number(URL.parse(url ?? '')?.port ?? 0);
  return port > 0 ? port : undefined;
}

const isPort = (port: number | string | undefined): port is number => typeof port === 'number' && port > 0;
