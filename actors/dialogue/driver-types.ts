/** What a link driver is made of, takes and gives. */
import type { LinkCommand, LinkEvent, LinkMachine } from '../../workers/codec/common/index.ts';
import type { Clock } from '../engine/ports.ts';
import type { LineSettings, Link, Stamp } from '../link/link.ts';
import type { TraceMask } from '../link/trace.ts';
import type { StepLimits } from './dialogue.ts';

/** What an event needs to be recognised; links have events of their own besides. */
export interface AnyEvent {
  readonly type: string;
}

/** What the driver's own waits need of the clock. */
export type DriverClock = Pick<Clock, 'monotonic' | 'after' | 'soon'>;

/** @typeParam Event what the machine tells; `opened` and `reply` may carry more than the usual */
export interface LinkDriverSetup<Event extends AnyEvent> {
  readonly machine: LinkMachine<LinkCommand, Event>;
  readonly link: Link;
  readonly clock: DriverClock;
  /** For machines that want another connection (`connection-wanted`); the old one is closed by then. */
  readonly reopen?: () => Promise<Link>;
  /** Settings that a change of speed keeps, for machines that name the speed only; default 7E1. */
  readonly lineSettings?: LineSettings;
  /** What answers no call: notifications, identifications, repeats. Must not throw. */
  readonly onEvent?: (event: Event) => void;
}

export interface RequestOptions {
  readonly limits: StepLimits;
  /** Never sent twice by the link: the write of a clock. */
  readonly volatile?: boolean;
  /** Payload anew, when the meter provably did not take the first. Without it the request fails in that case. */
  readonly fresh?: () => Uint8Array | Promise<Uint8Array>;
  /** What of it a byte trace must not show. */
  readonly mask?: TraceMask;
}

export type OpenedEvent<Event> = Extract<Event, { readonly type: 'opened' }>;
export type ReplyEvent<Event> = Extract<Event, { readonly type: 'reply' }>;

export interface Exchange<Event> {
  readonly payload: Uint8Array;
  /** Sent more than once, or answered before it was sent: no sample may rest on it. */
  readonly repeated: boolean;
  readonly sentAt: Stamp;
  readonly firstAt: Stamp;
  /** The link's own event, with what it tells besides. */
  readonly event: ReplyEvent<Event>;
}

/** What ends a call. */
export type Wanted = 'opened' | 'reply' | 'closed';

export interface Call<Event> {
  readonly limits: StepLimits;
  /** Undefined: only time ends it. */
  readonly wants: Wanted | undefined;
  readonly untilMs: number;
  readonly fresh?: RequestOptions['fresh'];
  answer?: Event;
  /** Of the first octet of the answer. */
  firstAt?: Stamp | undefined;
}

export const SEVEN_E_ONE: LineSettings = { dataBits: 7, parity: 'even', stopBits: 1 };

/** The events of links that this answers itself, besides those of {@link LinkEvent}. */
export type OwnEvent =
  | LinkEvent
  | { readonly type: 'line-change'; readonly baud: number; readonly when: 'before-send' | 'after-send' }
  | { readonly type: 'line'; readonly baud: number; readonly dataBits: 7 | 8; readonly parity: LineSettings['parity'] }
  | { readonly type: 'connection-wanted' };
