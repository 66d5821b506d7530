/** Frames of the live sockets as messages of the contract: the schemas that the sockets check by, each with an example. */
import type { TSchema } from 'typebox';
import * as live from '../live/protocol.ts';
import { named, type Served } from './operation.ts';

export interface FrameMessage {
  readonly kind: string;
  readonly summary: string;
  readonly schema: TSchema;
  readonly example: (served: Served) => unknown;
}

named('LiveFilter', live.FilterSchema);

const SUB = 'mine';
const REQUEST = '0f5e0bc6-e9b0-451a-8d5b-15bc01c4d2fd';

export const CLIENT_FRAMES: readonly FrameMessage[] = [
  {
    kind: 'auth',
    summary: 'Who is there: an API key, or a token. Pages of ours have a session cookie, and do not say it',
    schema: live.AuthFrame,
    example: () => ({ kind: 'auth', key: 'your API key' }),
  },
  {
    kind: 'subscribe',
    summary: 'Hear of what the filter names, from a snapshot on, or from behind `after`',
    schema: live.SubscribeFrame,
    example: ({ mpid }) => ({ kind: 'subscribe', sub: SUB, filter: { mpid } }),
  },
  { kind: 'unsubscribe', summary: 'Hear no more of it', schema: live.UnsubscribeFrame, example: () => ({ kind: 'unsubscribe', sub: SUB }) },
  { kind: 'ping', summary: 'Is somebody there', schema: live.PingFrame, example: () => ({ kind: 'ping' }) },
];

export const SERVER_FRAMES: readonly FrameMessage[] = [
  {
    kind: 'ready',
    summary: 'The socket is open for subscriptions',
    schema: live.ReadyFrame,
    example: () => ({
      kind: 'ready',
      protocol: live.LIVE_PROTOCOL,
      stream: 'MW_EVENTS/2026-03-01T00:00:00Z',
      filters: ['mpid', 'mpan', 'requestId'],
      maxSubscriptions: 100,
      maxFrameBytes: 4_096,
    }),
  },
  {
    kind: 'snapshot',
    summary: 'How things stand: all that the filter names, or counts and the most recently changed',
    schema: live.SnapshotFrame,
    example: ({ mpid, mpan, now }) => ({
      kind: 'snapshot',
      sub: SUB,
      seq: 1200,
      items: [
        {
          actor: `appointment:${REQUEST}`,
          actorVersion: 3,
          state: 'AWAIT_OUTCOME',
          changedAt: new Date(now).toISOString(),
          data: { requestId: REQUEST, mpid, mpan, status: 'Pending' },
        },
      ],
      more: false,
    }),
  },
  {
    kind: 'event',
    summary: 'Something changed: what the event on NATS has as `data`',
    schema: live.EventFrame,
    example: ({ mpid, mpan }) => ({
      kind: 'event',
      sub: SUB,
      seq: 1204,
      actor: `appointment:${REQUEST}`,
      actorVersion: 4,
      n: 0,
      type: 'meterwright.appointment.accepted.v1',
      data: { requestId: REQUEST, mpid, mpan, status: 'Pending', actorVersion: 4 },
    }),
  },
  {
    kind: 'progress',
    summary: 'How far a running meter session is; never told again',
    schema: live.ProgressFrame,
    example: ({ requestId }) => ({ kind: 'progress', sub: SUB, actor: `action:${requestId}`, percent: 45, stage: 'clock', data: { attempt: 1 } }),
  },
  {
    kind: 'gap',
    summary: 'What lies between is not told: it is no longer held, or the reader was too slow. A snapshot follows',
    schema: live.GapFrame,
    example: () => ({ kind: 'gap', sub: SUB, from: 1205, to: 1300, reason: 'retention' }),
  },
  {
    kind: 'error',
    summary: 'A frame could not be followed',
    schema: live.ErrorFrame,
    example: () => ({ kind: 'error', sub: SUB, code: 'filter_refused', text: live.LIVE_ERRORS.filter_refused }),
  },
  { kind: 'pong', summary: 'Somebody is there', schema: live.PongFrame, example: () => ({ kind: 'pong' }) },
];
