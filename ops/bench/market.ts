/** The simulator's control interface, as far as benches ask for it. */

export interface MarketStats {
  /** IF-031 items that were accepted. */
  readonly accepted: number;
  /** Callback messages that the engine acknowledged, by interface. */
  readonly delivered: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  readonly exhausted: Readonly<Record<string, number>>;
  readonly posts: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>>;
  readonly conflictingSurs: number;
}

export interface Market {
  stats(): Promise<MarketStats>;
  /** Flows whose last answer the engine has acknowledged, and so committed. */
  finished(): Promise<number>;
  setOutage(away: boolean): Promise<void>;
  /** From now on requests are accepted and never answered. */
  fallSilent(): Promise<void>;
  /** Accepted requests of one meter point, in the order of their acceptance. */
  flows(mpan: string): Promise<readonly { readonly n: number; readonly supplier: string }[]>;
}

export function openMarket(controlUrl: string): Market {
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${controlUrl}${path}`)).json()) as T;
  const stats = (): Promise<MarketStats> => get('/sim/stats');
  const post = async (path: string, body: unknown): Promise<void> => {
    const answer = await fetch(`${controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`simulator: ${path} refused: ${await answer.text()}`);
  };
  return {
    stats,
    finished: async () => (await stats()).delivered['IF-036'] ?? 0,
    setOutage: (away) => post('/sim/outage', { mode: away ? 'refuse' : 'none' }),
    fallSilent: () => post('/sim/rules', { rules: [{ initial: 'silent' }] }),
    flows: async (mpan) => (await get<{ flows: { n: number; supplier: string }[] }>(`/sim/flows?mpan=${mpan}&limit=10`)).flows,
  };
}
