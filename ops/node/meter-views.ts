/** Sessions and lines of all nodes, for operators: every node is asked, page by page, and one that does not answer in time is named. */
import type { NodeCalls, NodeId } from '../../actors/cluster/index.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import type { LineView } from '../../actors/line/index.ts';
import type { SessionCounts, SessionView } from '../../actors/meter-session/index.ts';
import type { Everywhere } from '../../gateway/ops/everywhere.ts';
import type { SessionsEverywhere } from '../../gateway/ops/sessions.ts';
import type { MeterWork } from './meter-work.ts';

export interface MeterViewsSetup {
  readonly calls: Pick<NodeCalls, 'call' | 'callAll' | 'register'>;
  readonly work: { readonly sessions: Pick<MeterWork['sessions'], 'list' | 'counts'>; readonly lines: Pick<MeterWork['lines'], 'lines'> };
  /** Longest wait for one page of one node, milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
}

export interface MeterViews {
  sessions(limit: number): Promise<SessionsEverywhere>;
  lines(): Promise<Everywhere<LineView>>;
}

interface PageWish {
  readonly from: number;
  readonly count: number;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** A page is far less than a message takes. */
const PAGE = 500;
const TIMEOUT_MS = 2_000;
const NONE: SessionCounts = { running: 0, success: 0, partial: 0, error: 0, cancelled: 0, failed: 0 };

export function createMeterViews({ calls, work, timeoutMs = TIMEOUT_MS }: MeterViewsSetup): MeterViews {
  calls.register('meters.sessions', async (payload) => ({ ...pageOf(work.sessions.list(), payload as PageWish), counts: work.sessions.counts }));
  calls.register('meters.lines', async (payload) => pageOf(work.lines.lines(), payload as PageWish));

  /** All pages of all nodes, at most so many items of each. */
  async function gather<T, P extends Page<T>>(method: string, most: number) {
    const answers: { readonly node: NodeId; readonly items: T[]; readonly first: P }[] = [];
    const silent: { node: string; error: string }[] = [];
    const first = await calls.callAll<P>(method, { from: 0, count: Math.min(PAGE, most) }, { timeoutMs });
    const rest = async (node: NodeId, page: P): Promise<void> => {
      const items = [...page.items];
      try {
        for (let { more } = page; more && items.length < most; ) {
          const next = await calls.call<P>(node, method, { from: items.length, count: Math.min(PAGE, most - items.length) }, { timeoutMs });
          items.push(...next.items);
          more = next.more && next.items.length > 0;
        }
      } catch (error) {
        silent.push({ node, error: codeOf(error) });
      }
      answers.push({ node, items, first: page });
    };
    await Promise.all(
      first.map((result) => (result.kind === 'ok' ? rest(result.node, result.reply) : void silent.push({ node: result.node, error: codeOf(result.error) }))),
    );
    answers.sort((a, b) => (a.node < b.node ? -1 : 1));
    silent.sort((a, b) => (a.node < b.node ? -1 : 1));
    return { answers, silent };
  }

  return {
    async sessions(limit) {
      const { answers, silent } = await gather<SessionView, Page<SessionView> & { readonly counts: SessionCounts }>('meters.sessions', limit);
      const items = answers
        .flatMap(({ node: owner, items: views }) => views.map((view) => ({ ...view, node: view.node ?? owner, owner })))
        .sort((a, b) => a.startedAt - b.startedAt || a.requestId - b.requestId)
        .slice(0, limit);
      return { items, counts: answers.reduce((sum, { first }) => added(sum, first.counts), NONE), silent };
    },
    async lines() {
      const { answers, silent } = await gather<LineView, Page<LineView>>('meters.lines', Number.MAX_SAFE_INTEGER);
      return { items: answers.flatMap(({ node, items }) => items.map((line) => ({ ...line, node }))), silent };
    },
  };
}

function pageOf<T>(all: readonly T[], { from, count }: PageWish): Page<T> {
  const end = from + Math.min(count, PAGE);
  return { items: all.slice(from, end), more: end < all.length };
}

const codeOf = (error: unknown): string => (error instanceof MeterwrightError ? error.code : 'internal');

function added(a: SessionCounts, b: SessionCounts): SessionCounts {
  return {
    running: a.running + b.running,
    success: a.success + b.success,
    partial: a.partial + b.partial,
    error: a.error + b.error,
    cancelled: a.cancelled + b.cancelled,
    failed: a.failed + b.failed,
  };
}
