/** One message on its way from the DIP to a participant. */
import type { Flow, Step } from './flow.ts';
import { channelOf, eventOf, mpanOf, referencesOf, renderStep } from './messages.ts';

/** A message that was handed in whole, by the control interface. */
export interface Injected {
  readonly n: number;
  readonly at: number;
  readonly channel: string;
  readonly recipient: string;
  readonly mpan: string | null;
  readonly event: string;
  readonly sur: string;
  readonly transaction: string;
  /** The element of the posted array. */
  readonly text: string;
  readonly test: boolean;
}

export type PublicationState = 'waiting' | 'sending' | 'delivered' | 'rejected' | 'exhausted';

export interface Publication {
  /** `flow.step`, the name in the journal. */
  readonly key: string;
  readonly channel: string;
  readonly recipient: string;
  readonly test: boolean;
  readonly source: { readonly flow: Flow; readonly step: Step } | { readonly injected: Injected };
  /** When it was first due. */
  readonly publishedAt: number;
  state: PublicationState;
  attempts: number;
  /** Grows with each scheduling; older entries of the due queue are void. */
  generation: number;
  /** Sent once this one is settled. */
  next: Publication | null;
  /** What the recipient, or the network, said last. */
  lastAnswer: string | null;
}

export function publicationOf(flow: Flow, step: Step): Publication {
  return {
    key: `${flow.n}.${step.k}`,
    channel: channelOf(flow, step),
    recipient: flow.supplier,
    test: false,
    source: { flow, step },
    publishedAt: flow.at + step.dueMs,
    state: 'waiting',
    attempts: 0,
    generation: 0,
    next: null,
    lastAnswer: null,
  };
}

export function publicationOfInjected(injected: Injected): Publication {
  return {
    key: `${injected.n}.0`,
    channel: injected.channel,
    recipient: injected.recipient,
    test: injected.test,
    source: { injected },
    publishedAt: injected.at,
    state: 'waiting',
    attempts: 0,
    generation: 0,
    next: null,
    lastAnswer: null,
  };
}

/** What a message is known by. */
export interface Particulars {
  readonly sur: string;
  readonly transaction: string;
  readonly mpan: string | null;
  readonly event: string;
}

export function particularsOf(instance: string, publication: Publication): Particulars {
  const { source } = publication;
  if ('injected' in source) return source.injected;
  const { flow, step } = source;
  if (step.kind === 'status') return { sur: flow.sur, transaction: flow.transaction, mpan: flow.mpan, event: '' };
  return { ...referencesOf(instance, flow, step), mpan: mpanOf(flow, step), event: eventOf(flow, step) };
}

/** The element of the posted array. */
export function renderPublication(instance: string, publication: Publication, supplierMpid: (dipId: string) => string, replay = false): string {
  const { source } = publication;
  if ('injected' in source) return source.injected.text;
  return renderStep(instance, source.flow, source.step, supplierMpid(source.flow.supplier), replay);
}
