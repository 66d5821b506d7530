/** The port between the DIP channel and the network: a simulation replaces it, `http.ts` is the real one. */

export interface DipRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query on the DIP's origin. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface DipReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** PEM texts; all absent where TLS is not used. */
export interface TlsMaterial {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

export interface DipHttp {
  /** Rejects when no complete answer came: network, TLS, abort. */
  request(request: DipRequest, signal: AbortSignal): Promise<DipReply>;
  /** Use other TLS material for connections from now on. */
  renew(tls: TlsMaterial): void;
  close(): Promise<void>;
}
