/** Faults of the DIP on demand: away, busy, slow, or answering nothing after it took the messages. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

export const FaultSchema = Type.Object(
  {
    mode: Type.Union([Type.Literal('none'), Type.Literal('refuse'), Type.Literal('status'), Type.Literal('slow'), Type.Literal('drop')], {
      description:
        'refuse: the port is closed. status: every request gets `status`. slow: answers come late. drop: messages are taken, the connection is cut instead of the answer.',
    }),
    status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599, description: 'With mode status; default 503.' })),
    retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0 })),
    delayMs: Type.Optional(Type.Integer({ minimum: 0, description: 'With mode slow; default 1000.' })),
    forMs: Type.Optional(Type.Integer({ minimum: 1, description: 'Ends by itself after this time.' })),
    times: Type.Optional(Type.Integer({ minimum: 1, description: 'Ends by itself after so many requests.' })),
    maxItems: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Only batches with more messages than this are answered by 413; used with mode status and status 413.' }),
    ),
  },
  { additionalProperties: false },
);
export type Fault = Static<typeof FaultSchema>;

const checker = Compile(FaultSchema);

export function parseFault(value: unknown): Fault | { readonly error: string } {
  if (checker.Check(value)) return value;
  const [first] = checker.Errors(value);
  return { error: `outage${first?.instancePath.replaceAll('/', '.') ?? ''}: ${first?.message ?? 'does not fit'}` };
}

/** The fault in force. `onChange` opens and closes the port for mode `refuse`. */
export class Faults {
  readonly #onChange: (fault: Fault) => Promise<void>;
  #fault: Fault = { mode: 'none' };
  #left = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(onChange: (fault: Fault) => Promise<void>) {
    this.#onChange = onChange;
  }

  get current(): Fault {
    return this.#fault;
  }

  async set(fault: Fault): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#fault = fault;
    this.#left = fault.times ?? Number.POSITIVE_INFINITY;
    await this.#onChange(fault);
    if (fault.mode === 'none' || fault.forMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.set({ mode: 'none' }).catch(() => undefined);
    }, fault.forMs);
    this.#timer.unref();
  }

  /** The fault that spoils this request, or null. Uses up one of `times`. */
  strike(): Fault | null {
    const fault = this.#fault;
    if (fault.mode === 'none' || this.#left <= 0) return null;
    return fault;
  }

  /** A fault did its work once. */
  used(): void {
    this.#left -= 1;
    if (this.#left <= 0) this.#fault = { mode: 'none' };
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
