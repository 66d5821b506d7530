/**
 * The steps of `dtn:<mpid>`: lines wait in queues, one per recipient; a queue becomes a file when it is old or long enough.
 *
 * Invariants
 * - C1 File ids of one sender rise by one, live and test counted apart: every live id reaches the gateway.
 * - C2 A line waits in one queue once; who asks for it again hears of the one that waits.
 * - C3 A line whose slot is held by a file does not go into another: the file is told who asks.
 */
import type { EpochMs } from '../common/effects.ts';
import { type Ask, askFile, type Outcome, report, reportAll } from './asks.ts';
import type { DtnEvent, FileRefused, Flow, Flush, HeldSlots, KeptLine, LineAdded, LineCancelled, Reference } from './events.ts';
import { buildFile, fileNameOf } from './file.ts';
import { faultOf, fileActor, queueOf, referencesOf, senderOfFile, slotOf, slotsOfCancelled, withoutReference, withReference } from './lines.ts';
import type { DtnSettings } from './settings.ts';

export type Queue = { readonly flow: Flow; readonly recipient: string; readonly test: boolean; readonly lines: readonly KeptLine[] };

export type DtnContext = {
  readonly mpid: string;
  /** Last live file id given out. */
  readonly lastFile: number;
  /** Last test file id given out. */
  readonly lastTestFile: number;
  readonly queues: { readonly [name: string]: Queue };
};

type Step = Outcome<DtnContext>;
const NOTHING: Step = { context: {}, asks: [] };

/** Reminder of a queue. */
const flushOf = (queue: string): string => `flush:${queue}`;
const queueOfReminder = (name: string): string | null => (name.startsWith('flush:') ? name.slice('flush:'.length) : null);

/**
 * Slots that this event may put into a file or a queue. Whoever admits the event looks them up and passes those that
 * another actor holds as `held`.
 */
export function slotsAtStake(context: DtnContext, event: DtnEvent, settings: DtnSettings): readonly string[] {
  const slotsIn = (queue: Queue | undefined): string[] => queue?.lines.map((kept) => kept.slot) ?? [];
  switch (event.type) {
    case 'line.added': {
      const queue = context.queues[queueOf(event.flow, event.line.recipient, event.line.test)];
      const flushes = (queue?.lines.length ?? 0) + 1 >= settings.flushLines;
      return [slotOf(event.flow, event.line), ...(flushes ? slotsIn(queue) : [])];
    }
    case 'line.cancelled':
      return slotsOfCancelled(event);
    case 'file.refused':
      return event.lines.map((kept) => kept.slot);
    case 'reminder':
      return slotsIn(context.queues[queueOfReminder(event.name) ?? '']);
    case 'flush':
      return Object.values(context.queues).flatMap(slotsIn);
    default:
      return [];
  }
}

/** Leave out what files hold already; they are told who asks. */
function withoutHeld(lines: readonly KeptLine[], held: HeldSlots | undefined): { readonly free: readonly KeptLine[]; readonly asks: readonly Ask[] } {
  if (!held) return { free: lines, asks: [] };
  return {
    free: lines.filter((kept) => !held[kept.slot]),
    asks: lines.flatMap((kept) => referencesOf(kept).flatMap((reference) => askHolder(kept.slot, reference, held))),
  };
}

function askHolder(slot: string, reference: Reference, held: HeldSlots): readonly Ask[] {
  const holder = held[slot];
  if (!holder) return [];
  const sender = senderOfFile(holder);
  if (sender === null) return [report('dtn.failed', reference, null, `slot: held by ${holder}: ${slot}`)];
  return [askFile(holder, sender, slot, reference)];
}

interface Making {
  readonly flow: Flow;
  readonly recipient: string;
  readonly test: boolean;
  readonly lines: readonly KeptLine[];
  readonly refusals: number;
  readonly replaces: string | null;
}

/** Give out the next id and fix the bytes of the file. */
function makeFile(context: DtnContext, what: Making, at: EpochMs, settings: DtnSettings): Step {
  if (what.lines.length === 0) return NOTHING;
  const number = (what.test ? context.lastTestFile : context.lastFile) + 1;
  const fileId = what.test ? `TR${String(number).padStart(8, '0')}` : String(number).padStart(10, '0');
  const content = buildFile({ fileId, flow: what.flow, mpid: context.mpid, recipient: what.recipient, test: what.test, at }, what.lines, settings);
  const event = { type: 'file.made', fileId, fileName: fileNameOf(what.flow, what.recipient, fileId), ...what, content };
  return {
    context: what.test ? { lastTestFile: number } : { lastFile: number },
    asks: [{ type: 'tell', params: { to: fileActor(context.mpid, fileId), key: context.mpid, event } }],
  };
}

/** Empty one queue into a file. */
function flushQueue(context: DtnContext, name: string, held: HeldSlots | undefined, at: EpochMs, settings: DtnSettings): Step {
  const queue = context.queues[name];
  if (!queue) return NOTHING;
  const { free, asks } = withoutHeld(queue.lines, held);
  const { [name]: _, ...queues } = context.queues;
  const file = makeFile(context, { ...queue, lines: free, refusals: 0, replaces: null }, at, settings);
  return { context: { queues, ...file.context }, asks: [{ type: 'forget', params: { name: flushOf(name) } }, ...asks, ...file.asks] };
}

export function addLine(context: DtnContext, event: LineAdded, settings: DtnSettings): Step {
  const { flow, line, at, held } = event;
  const reference: Reference = { to: line.reference, key: line.referenceKey };
  const fault = faultOf(event);
  if (fault !== null) {
    return {
      context: {},
      asks: [report('dtn.failed', reference, null, fault), { type: 'raiseAlert', params: { code: 'dtn_line_invalid', text: `${line.mpan}: ${fault}` } }],
    };
  }
  const slot = slotOf(flow, line);
  if (held?.[slot]) return { context: {}, asks: askHolder(slot, reference, held) };
  const name = queueOf(flow, line.recipient, line.test);
  const queue = context.queues[name] ?? { flow, recipient: line.recipient, test: line.test, lines: [] };
  const known = queue.lines.some((kept) => kept.slot === slot);
  const lines = known ? queue.lines.map((kept) => (kept.slot === slot ? withReference(kept, reference) : kept)) : [...queue.lines, { slot, line }];
  const queues = { ...context.queues, [name]: { ...queue, lines } };
  const queued = report('dtn.queued', reference, null, known ? 'waits already' : 'waits for the next file');
  if (lines.length >= settings.flushLines) {
    const file = flushQueue({ ...context, queues }, name, held, at, settings);
    return { context: { queues, ...file.context }, asks: [queued, ...file.asks] };
  }
  const remind: readonly Ask[] = queue.lines.length === 0 ? [{ type: 'remind', params: { name: flushOf(name), dueAt: at + settings.flushMs } }] : [];
  return { context: { queues }, asks: [...remind, queued] };
}

export function cancelLine(context: DtnContext, event: LineCancelled): Step {
  const wanted = slotsOfCancelled(event);
  const hit = wanted
    .flatMap((slot, index) => {
      const name = queueOf('D0151', event.recipient, index === 1);
      const kept = context.queues[name]?.lines.find((one) => one.slot === slot);
      const meant = kept && (event.reference === undefined || referencesOf(kept).some((known) => known.to === event.reference));
      return kept && meant ? [{ name, kept }] : [];
    })
    .at(0);
  const queue = hit && context.queues[hit.name];
  if (!hit || !queue) return tellHolder(context, event, wanted);
  const left = event.reference === undefined ? null : withoutReference(hit.kept, event.reference);
  const lines = queue.lines.flatMap((kept) => (kept.slot !== hit.kept.slot ? [kept] : left ? [left] : []));
  const { [hit.name]: _, ...others } = context.queues;
  if (lines.length > 0) return { context: { queues: { ...others, [hit.name]: { ...queue, lines } } }, asks: [] };
  return { context: { queues: others }, asks: [{ type: 'forget', params: { name: flushOf(hit.name) } }] };
}

/** The line is not in a queue: the file that holds it, or was refused with it, hears that it is not to go out again. */
function tellHolder(context: DtnContext, event: LineCancelled, slots: readonly string[]): Step {
  const holder = slots.map((slot) => event.held?.[slot]).find((actor) => actor !== undefined && senderOfFile(actor) !== null);
  const to = holder ?? (event.fileId ? fileActor(context.mpid, event.fileId) : undefined);
  if (to === undefined) return NOTHING;
  const unwanted = { type: 'line.unwanted', slots, ...(event.reference === undefined ? {} : { reference: event.reference }) };
  return { context: {}, asks: [{ type: 'tell', params: { to, key: context.mpid, event: unwanted } }] };
}

export function flushOne(context: DtnContext, event: { readonly name: string; readonly at: EpochMs; readonly held?: HeldSlots }, settings: DtnSettings): Step {
  return flushQueue(context, queueOfReminder(event.name) ?? '', event.held, event.at, settings);
}

export function flushAll(context: DtnContext, event: Flush, settings: DtnSettings): Step {
  let now = context;
  const asks: Ask[] = [];
  for (const name of Object.keys(context.queues)) {
    const step = flushQueue(now, name, event.held, event.at, settings);
    now = { ...now, ...step.context };
    asks.push(...step.asks);
  }
  return { context: now, asks };
}

/** Lines of a refused file, corrected, go out again. What waits or went out meanwhile is not sent twice. */
export function replaceFile(context: DtnContext, event: FileRefused, settings: DtnSettings): Step {
  const { flow, recipient, test, refusals, fileId, at, held } = event;
  const { free, asks } = withoutHeld(event.lines, held);
  const name = queueOf(flow, recipient, test);
  const queue = context.queues[name];
  const waiting = new Map(queue?.lines.map((kept) => [kept.slot, kept]));
  const again: KeptLine[] = [];
  for (const kept of free) {
    const known = waiting.get(kept.slot);
    if (known) waiting.set(kept.slot, referencesOf(kept).reduce(withReference, known));
    else again.push(kept);
  }
  const file = makeFile(context, { flow, recipient, test, lines: again, refusals, replaces: fileId }, at, settings);
  const queues = queue ? { ...context.queues, [name]: { ...queue, lines: [...waiting.values()] } } : context.queues;
  const late = free.filter((kept) => waiting.has(kept.slot));
  return { context: { queues, ...file.context }, asks: [...asks, ...reportAll('dtn.queued', late, null, 'waits for the next file'), ...file.asks] };
}
