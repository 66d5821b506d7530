/** The appointment request's body (appointments 1.1): one compiled check for what is right, one careful look at what is wrong. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { parseEffectiveFrom } from '../../machines/calendar/index.ts';
import { hasCheckDigit } from '../../machines/mpan/identifier.ts';
import type { DetailEntry } from '../http/index.ts';

/** ALG is made by the registration service only and refused here (appointments 1.1). */
export const SCENARIOS = ['COS', 'CSP', 'USP', 'SEG', 'MCA', 'MCS'] as const;

const MIN_MPAN = 1_000_000_000_000;
const MAX_MPAN = 9_999_999_999_999;
const MPID_PATTERN = '^[A-Za-z]{4}$';
const REFERENCE_PATTERN = '^[A-Za-z0-9]{1,50}$';

export const AppointBodySchema = Type.Object(
  {
    mpan_core: Type.Integer({ minimum: MIN_MPAN, maximum: MAX_MPAN, description: 'Metering point, exactly 13 digits' }),
    metering_service_mpid: Type.String({ pattern: MPID_PATTERN, description: 'Metering service to appoint, 4 letters' }),
    effective_from: Type.String({ maxLength: 48, description: 'Midnight with a time zone, less than 28 days ahead' }),
    contract_reference: Type.Optional(
      Type.Union([Type.String({ pattern: REFERENCE_PATTERN }), Type.Null()], { description: 'Letters and digits, at most 50' }),
    ),
    appointment_scenario: Type.Enum([...SCENARIOS], { description: 'Why the appointment is made' }),
  },
  { additionalProperties: false },
);
export type AppointBody = Static<typeof AppointBodySchema>;

export interface BodyRules {
  /** Refuse an MPAN whose last digit is not its check digit. */
  readonly enforceCheckDigit: boolean;
}

/** What a good body says. */
export interface AppointRequest {
  readonly mpan: string;
  readonly meteringServiceMpid: string;
  /** Settlement date `YYYY-MM-DD`. */
  readonly effectiveFrom: string;
  readonly effectiveFromText: string;
  readonly contractReference: string | null;
  readonly scenario: (typeof SCENARIOS)[number];
}

export type CheckedBody = { readonly kind: 'ok'; readonly request: AppointRequest } | { readonly kind: 'refused'; readonly errors: readonly DetailEntry[] };

const shape = Compile(AppointBodySchema);
const mpidForm = new RegExp(MPID_PATTERN);
const referenceForm = new RegExp(REFERENCE_PATTERN);
/** Most entries of one refusal, and most characters of a foreign name shown in it. */
const MAX_ERRORS = 50;
const MAX_SHOWN_CHARS = 100;

/** Check a parsed body. `now` is the instant the horizon counts from. */
export function checkBody(body: unknown, now: number, rules: BodyRules): CheckedBody {
  if (shape.Check(body)) {
    const effective = parseEffectiveFrom(body.effective_from, now);
    const mpan = String(body.mpan_core);
    if (effective.kind === 'ok' && (!rules.enforceCheckDigit || hasCheckDigit(mpan))) {
      const request: AppointRequest = {
        mpan,
        meteringServiceMpid: body.metering_service_mpid.toUpperCase(),
        effectiveFrom: effective.date,
        effectiveFromText: body.effective_from,
        contractReference: body.contract_reference ?? null,
        scenario: body.appointment_scenario,
      };
      return { kind: 'ok', request };
    }
  }
  return { kind: 'refused', errors: explain(body, now, rules) };
}

/** Everything that is wrong with a body, field by field. */
export function explain(body: unknown, now: number, rules: BodyRules): readonly DetailEntry[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return [{ loc: ['body'], msg: 'body must be a JSON object', type: 'object_type' }];
  }
  const members = body as Record<string, unknown>;
  const errors: DetailEntry[] = [];
  const refuse = (field: string, rule: string, type: string): void => {
    if (errors.length < MAX_ERRORS) errors.push({ loc: ['body', field], msg: `${field} ${rule}`, type });
  };
  const check = (field: string, look: (value: unknown) => void): void => {
    if (!Object.hasOwn(members, field)) refuse(field, 'is required', 'missing');
    else look(members[field]);
  };
  check('mpan_core', (value) => explainMpan(value, rules, refuse));
  check('metering_service_mpid', (value) => {
    if (typeof value !== 'string') refuse('metering_service_mpid', 'must be a string', 'string_type');
    else if (!mpidForm.test(value)) refuse('metering_service_mpid', 'must be exactly 4 letters', 'mpid_format');
  });
  check('effective_from', (value) => {
    if (typeof value !== 'string') return refuse('effective_from', 'must be a string', 'string_type');
    const effective = parseEffectiveFrom(value, now);
    if (effective.kind === 'refused') refuse('effective_from', effective.msg.replace(/^effective_from /, ''), effective.type);
  });
  const reference = Object.hasOwn(members, 'contract_reference') ? members.contract_reference : null;
  if (reference !== null && (typeof reference !== 'string' || !referenceForm.test(reference))) {
    refuse('contract_reference', 'must be null or 1 to 50 letters and digits', 'contract_reference_format');
  }
  check('appointment_scenario', (value) => {
    if (!SCENARIOS.some((scenario) => scenario === value)) refuse('appointment_scenario', `must be one of ${SCENARIOS.join(', ')}`, 'enum');
  });
  for (const field of Object.keys(members)) {
    if (!Object.hasOwn(AppointBodySchema.properties, field)) refuse(field.slice(0, MAX_SHOWN_CHARS), 'is not a known field', 'extra_forbidden');
  }
  return errors;
}

function explainMpan(value: unknown, rules: BodyRules, refuse: (field: string, rule: string, type: string) => void): void {
  if (typeof value !== 'number' || !Number.isInteger(value)) refuse('mpan_core', 'must be an integer', 'int_type');
  else if (value < MIN_MPAN || value > MAX_MPAN) refuse('mpan_core', 'must have exactly 13 digits', 'mpan_length');
  else if (rules.enforceCheckDigit && !hasCheckDigit(String(value))) refuse('mpan_core', 'must end in its check digit', 'mpan_check_digit');
}
