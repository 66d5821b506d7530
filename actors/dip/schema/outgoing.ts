/** Strict schema of what we send: IF-031, `[MSApp]` (appointments 3, 4.2, 5.1). Compiled once, when this file is loaded. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { closed, DateTime, DipId, EnvironmentTag, GspGroup, MpanCore, Mpid, nullable, RoleId, Sur } from './formats.ts';

const S0 = Type.Object({ interfaceID: Type.Literal('IF-031'), schemaVersion: Type.Literal('011'), eventCode: Type.Literal('[MSApp]') }, closed);
const S1 = Type.Object(
  {
    environmentTag: EnvironmentTag,
    subText: nullable(Type.String({ minLength: 1, maxLength: 500 })),
    senderUniqueReference: Sur,
    senderTimestamp: DateTime,
    senderDIPID: DipId,
    senderRoleID: RoleId,
    senderCorrelationID: nullable(Type.String({ minLength: 1, maxLength: 60 })),
    DIPConnectionProviderID: nullable(DipId),
  },
  closed,
);
const A0 = Type.Object({ primaryRecipients: Type.Array(DipId), secondaryRecipients: Type.Array(DipId), always: Type.Array(DipId) }, closed);
const M0 = Type.Object({ MPANCore: MpanCore, distributorDIPID: DipId, GSPGroupID: GspGroup }, closed);
const B070 = Type.Object(
  {
    proposedMeteringServiceDIPID: DipId,
    proposedMeteringServiceMPID: Mpid,
    proposedMeteringServiceDIPEffectiveFromDate: DateTime,
    contractReferenceMeteringService: nullable(Type.String({ minLength: 1, maxLength: 50 })),
    appointmentScenario: Type.Union(['COS', 'CSP', 'USP', 'SEG', 'MCA', 'MCS'].map((scenario) => Type.Literal(scenario))),
  },
  closed,
);
const B013 = Type.Object({ CSSRegistrationID: Type.String({ minLength: 1, maxLength: 36 }) }, closed);

export const If031Schema = Type.Object(
  {
    payload: Type.Object(
      {
        CommonBlock: Type.Object({ S0, S1, A0: Type.Optional(A0), M0 }, closed),
        CustomBlock: Type.Object({ B070, B013: Type.Optional(B013) }, closed),
      },
      closed,
    ),
  },
  closed,
);
export type If031 = Static<typeof If031Schema>;

const if031 = Compile(If031Schema);

/** One rule that an outgoing item breaks. */
export interface SchemaFault {
  /** JSON pointer of the member. */
  readonly field: string;
  readonly rule: string;
}

/** What is wrong with an IF-031 item (`{payload: …}`); empty: nothing. */
export function checkIf031(item: unknown): readonly SchemaFault[] {
  if (if031.Check(item)) return [];
  return if031.Errors(item).map((error) => ({ field: error.instancePath, rule: error.message }));
}
