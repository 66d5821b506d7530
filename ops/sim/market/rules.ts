/** Rules say what becomes of an appointment: which market answers come, with which codes, when, how often and in which order. */
import { hash } from 'node:crypto';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { AppointmentRequest } from './schema.ts';

const Mpan = Type.String({ pattern: '^\\d{13}$' });
const DelayMs = Type.Integer({ minimum: 0, description: 'Milliseconds after the DIP accepted the IF-031.' });
const DateTime = Type.String({ minLength: 10, maxLength: 25, description: 'A settlement date, YYYY-MM-DD.' });

/** IF-037, IF-003 or IF-045 that follows an appointment, or is injected by itself. */
export const ClosureSchema = Type.Object(
  {
    interface: Type.Union([Type.Literal('IF-037'), Type.Literal('IF-003'), Type.Literal('IF-045')]),
    event: Type.Optional(Type.String({ description: 'Event code with brackets; default [MSDeApp], [MSDeAppRM] or [NoMSAppointed].' })),
    reason: Type.Optional(Type.String({ description: 'CSUPP, CSERV, DEREG, CSEGM, CCONN, IMPEXP or RELATED; default CSERV, on IF-003 CSUPP.' })),
    mpan: Type.Optional(Mpan),
    who: Type.Optional(
      Type.Union([Type.Literal('incumbent'), Type.Literal('appointed')], {
        description: 'Whose appointment ends; default incumbent, with CSUPP and DEREG appointed.',
      }),
    ),
    effectiveFrom: Type.Optional(DateTime),
    effectiveTo: Type.Optional(DateTime),
    incomingSupplier: Type.Optional(Type.Object({ dipId: Type.String(), mpid: Type.String(), effectiveFrom: DateTime }, { additionalProperties: false })),
    legacyMop: Type.Optional(Type.Object({ mpid: Type.String(), effectiveFrom: DateTime }, { additionalProperties: false })),
    delayMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Milliseconds after the last step of the appointment; default 0.' })),
  },
  { additionalProperties: false },
);
export type Closure = Static<typeof ClosureSchema>;

const Silent = Type.Literal('silent', { description: 'This answer, and all later ones that are not named, never come.' });
const Initial = Type.Object(
  {
    code: Type.Union([Type.Literal('A'), Type.Literal('R'), Type.Literal('L'), Type.Literal('W'), Type.Literal('x'), Type.Null()], {
      description: 'R0 responseCode; null leaves R0 out.',
    }),
    messages: Type.Optional(Type.Array(Type.String({ maxLength: 200 }))),
    delayMs: Type.Optional(DelayMs),
  },
  { additionalProperties: false },
);
const Outcome = Type.Object(
  {
    code: Type.String({ minLength: 1, maxLength: 1, description: 'B007 responseCode: A, R, L, W or x.' }),
    text: Type.Optional(Type.Union([Type.String({ maxLength: 200 }), Type.Null()])),
    event: Type.Optional(Type.String({ description: 'Event code when it shall disagree with the response code.' })),
    delayMs: Type.Optional(DelayMs),
    stampMs: Type.Optional(
      Type.Integer({ description: 'Milliseconds added to the transaction timestamp; default 1000 for each outcome before it in the list.' }),
    ),
  },
  { additionalProperties: false },
);
const Active = Type.Object(
  {
    delayMs: Type.Optional(DelayMs),
    service: Type.Optional(
      Type.Object(
        { dipId: Type.String(), mpid: Type.String() },
        { additionalProperties: false, description: 'Another metering service than the one asked for.' },
      ),
    ),
    effectiveFrom: Type.Optional(DateTime),
  },
  { additionalProperties: false },
);

export const RuleSchema = Type.Object(
  {
    name: Type.Optional(Type.String()),
    match: Type.Optional(
      Type.Object(
        {
          mpan: Type.Optional(Type.Union([Mpan, Type.Array(Mpan)])),
          scenario: Type.Optional(Type.String()),
          service: Type.Optional(Type.String({ description: 'MPID of the proposed metering service.' })),
          probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Share of the requests, chosen by seed and reference.' })),
          times: Type.Optional(Type.Integer({ minimum: 1, description: 'The rule is used up after so many requests.' })),
        },
        { additionalProperties: false },
      ),
    ),
    poison: Type.Optional(Type.Boolean({ description: 'The whole batch that holds such an item is answered 400 with null ids.' })),
    refuse: Type.Optional(Type.String({ pattern: '^MSG\\d{4}', description: 'The item is refused at the door with this message.' })),
    status: Type.Optional(
      Type.Object(
        {
          message: Type.String({ pattern: '^MSG\\d{4}' }),
          delayMs: Type.Optional(DelayMs),
          level: Type.Optional(Type.Union([Type.Literal('L2'), Type.Literal('L3'), Type.Literal('L4')])),
        },
        {
          additionalProperties: false,
          description: 'The DIP takes the item and reports this failure later by a status message. No other answer comes unless named.',
        },
      ),
    ),
    initial: Type.Optional(Type.Union([Silent, Initial])),
    outcome: Type.Optional(Type.Union([Silent, Outcome, Type.Array(Outcome, { minItems: 1 })])),
    active: Type.Optional(Type.Union([Silent, Active])),
    order: Type.Optional(
      Type.Array(Type.Union([Type.Literal('initial'), Type.Literal('outcome'), Type.Literal('active')]), {
        uniqueItems: true,
        description: 'Order in which the answers arrive, each after the one before was acknowledged.',
      }),
    ),
    sequential: Type.Optional(Type.Boolean({ description: 'Each answer waits until the one before was acknowledged.' })),
    duplicate: Type.Optional(
      Type.Union([Type.Literal('transaction'), Type.Literal('reference'), Type.Literal('content')], {
        description:
          'Each answer comes twice: with the same transaction id, with the same SUR but a new transaction id, or as a new message with the same content.',
      }),
    ),
    meters: Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
    meterValues: Type.Optional(Type.Union([Type.Literal('plain'), Type.Literal('x'), Type.Literal('null')])),
    linked: Type.Optional(Type.Array(Mpan, { description: 'Linked export MPANs: named in B035List, aligned by IF-036 with scenario ALG.' })),
    related: Type.Optional(Type.Array(Mpan, { description: 'Related secondary MPANs: named in B037List, aligned by IF-036 with scenario ALG.' })),
    closures: Type.Optional(Type.Array(ClosureSchema)),
  },
  { additionalProperties: false },
);
export type Rule = Static<typeof RuleSchema>;

const checker = Compile(RuleSchema);

/** Reads rules from outside; the error names the rule's place, the field and what is wrong with it. */
export function parseRules(value: unknown): { readonly rules: readonly Rule[] } | { readonly error: string } {
  if (!Array.isArray(value)) return { error: 'rules: must be an array' };
  for (const [index, rule] of value.entries()) {
    if (checker.Check(rule)) continue;
    const [first] = checker.Errors(rule);
    return { error: `rules[${index}]${first?.instancePath.replaceAll('/', '.') ?? ''}: ${first?.message ?? 'does not fit'}` };
  }
  return { rules: value as Rule[] };
}

/** Uniform number in [0, 1) that depends on the seed, the rule's place and the reference alone, so a re-run of the same references is the same market. */
function draw(seed: string, index: number, sur: string): number {
  return Number.parseInt(hash('sha256', `${seed}|${index}|${sur}`).slice(0, 8), 16) / 0x1_0000_0000;
}

type Held = { readonly rule: Rule; readonly index: number; left: number };

/** The rules in force. The first one that fits a request decides. */
export class RuleBook {
  readonly #seed: string;
  #held: Held[] = [];
  #anyMpan: Held[] = [];
  #byMpan = new Map<string, Held[]>();

  constructor(seed: string, rules: readonly Rule[] = []) {
    this.#seed = seed;
    this.replace(rules);
  }

  get rules(): readonly Rule[] {
    return this.#held.map((held) => held.rule);
  }

  replace(rules: readonly Rule[]): void {
    this.#held = rules.map((rule, index) => ({ rule, index, left: rule.match?.times ?? Number.POSITIVE_INFINITY }));
    this.#anyMpan = this.#held.filter((held) => held.rule.match?.mpan === undefined);
    this.#byMpan = new Map();
    for (const held of this.#held) {
      const named = held.rule.match?.mpan;
      if (named === undefined) continue;
      for (const mpan of Array.isArray(named) ? named : [named]) this.#byMpan.set(mpan, [...(this.#byMpan.get(mpan) ?? []), held]);
    }
  }

  /** Whether any rule spoils whole batches. */
  get poisonous(): boolean {
    return this.#held.some((held) => held.rule.poison === true);
  }

  /** The rule for a request, by MPAN first, then the general ones in their order. Uses up one of `times`, unless it is only asked. */
  choose(request: AppointmentRequest, use = true): Rule | null {
    const held = this.#byMpan.get(request.mpan)?.find((one) => this.#fits(one, request)) ?? this.#anyMpan.find((one) => this.#fits(one, request));
    if (held === undefined) return null;
    if (use) held.left -= 1;
    return held.rule;
  }

  #fits(held: Held, request: AppointmentRequest): boolean {
    if (held.left <= 0) return false;
    const match = held.rule.match;
    if (match === undefined) return true;
    if (match.scenario !== undefined && match.scenario !== request.scenario) return false;
    if (match.service !== undefined && match.service !== request.serviceMpid) return false;
    return match.probability === undefined || draw(this.#seed, held.index, request.sur) < match.probability;
  }
}
