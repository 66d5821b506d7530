/** Settings of the MPAN records. */
import Type, { type Static } from 'typebox';

export const MpanOptionsSchema = Type.Object(
  {
    enforceCheckDigit: Type.Boolean({
      default: false,
      description: 'Refuse an MPAN whose check digit is wrong; off because the documented sample breaks the rule',
    }),
    overdueWorkingDays: Type.Integer({
      minimum: 1,
      maximum: 30,
      default: 2,
      description: 'Working days after which a missing second closure, or a missing alignment of a linked meter point, is alerted',
    }),
    appliedIdDays: Type.Integer({ minimum: 1, maximum: 400, default: 90, description: 'Days for which ids of applied messages are kept per record' }),
    maxAppliedIds: Type.Integer({ minimum: 16, maximum: 10_000, default: 500, description: 'Ids of applied messages kept per record at most' }),
  },
  { additionalProperties: false },
);

export type MpanOptions = Static<typeof MpanOptionsSchema>;
