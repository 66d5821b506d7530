/** Bounds of the road between nodes. All of them have a default; a node gives others where its settings say so. */

export interface RoadLimits {
  /** Longest wait for the answer to a command, from the moment it was given to the router, milliseconds. */
  readonly timeoutMs: number;
  /** Most commands in one message. */
  readonly batch: number;
  /** Most bytes of one message; the server's own bound counts too, whichever is less. */
  readonly messageBytes: number;
  /** Commands of callers that may wait for other nodes, in all and for one shard; beyond, callers are told to come back. */
  readonly waiting: number;
  readonly waitingPerShard: number;
  /** Pause before a command that found no owner is said again: the first and the longest, milliseconds. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
  /** What callers are told to wait, milliseconds. */
  readonly retryAfterMs: number;
}

export const ROAD_LIMITS: RoadLimits = {
  timeoutMs: 5_000,
  batch: 256,
  messageBytes: 1_048_576,
  waiting: 20_000,
  waitingPerShard: 5_000,
  pauseMs: 20,
  maxPauseMs: 250,
  retryAfterMs: 1_000,
};

export interface ServerLimits {
  /** Commands of other nodes that may be under way here at once, those of callers and those of engines each; beyond, they are refused. */
  readonly inFlight: number;
  /** Most bytes of one answer. */
  readonly messageBytes: number;
  /** Answers that are remembered for commands that are said again: entries, characters in all, and how long, milliseconds. */
  readonly remembered: number;
  readonly rememberedChars: number;
  readonly rememberedMs: number;
  /** What callers are told to wait, milliseconds. */
  readonly retryAfterMs: number;
}

export const SERVER_LIMITS: ServerLimits = {
  inFlight: 20_000,
  messageBytes: 1_048_576,
  remembered: 65_536,
  rememberedChars: 16_777_216,
  rememberedMs: 60_000,
  retryAfterMs: 1_000,
};

/** Room that a message keeps for its head and frame, bytes. */
export const FRAME_BYTES = 512;
