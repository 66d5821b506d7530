/**
 * Tolerant schema of what we read (appointments 0.2, trap 5; 3; 4.2): unknown members are welcome, a member is required only
 * where we cannot do without it, and `x` (obfuscated) may stand for any value. Compiled once, when this file is loaded.
 */
import Type from 'typebox';
import { Compile } from 'typebox/compile';

/** Longer texts are refused: what we read becomes an index key or a line in a report. */
const MAX_TEXT = 2_000;

const Id = Type.String({ minLength: 1, maxLength: 200 });
const DipId = Type.String({ minLength: 1, maxLength: 20 });
const Text = Type.Optional(Type.Union([Type.String({ maxLength: MAX_TEXT }), Type.Null()]));
const Reference = Type.Optional(Type.Union([Type.String({ maxLength: 200 }), Type.Null()]));
const Flag = Type.Optional(Type.Union([Type.Boolean(), Type.Literal('x'), Type.Null()]));
const Digits = Type.Optional(Type.Union([Type.Number(), Type.String({ maxLength: 10 }), Type.Null()]));
const Recipients = Type.Optional(Type.Union([Type.Array(DipId, { maxItems: 1_000 }), Type.Null()]));
const Mpan = Type.String({ pattern: '^\\d{13}$' });
const AnyMpan = Type.Optional(Type.Union([Mpan, Type.Literal('x'), Type.Null()]));

const M0 = Type.Object({ MPANCore: AnyMpan, distributorDIPID: Reference, GSPGroupID: Reference });
const M0Needed = Type.Object({ MPANCore: Mpan, distributorDIPID: Reference, GSPGroupID: Reference });

const common = {
  // Published examples also spell it `InterfaceID`.
  S0: Type.Object({ interfaceID: Type.Optional(Id), InterfaceID: Type.Optional(Id), eventCode: Id }),
  S1: Type.Object({
    senderUniqueReference: Id,
    senderTimestamp: Text,
    senderDIPID: DipId,
    senderRoleID: Reference,
    senderCorrelationID: Reference,
  }),
  A0: Type.Optional(Type.Union([Type.Object({ primaryRecipients: Recipients, secondaryRecipients: Recipients, always: Recipients }), Type.Null()])),
  D0: Type.Optional(
    Type.Union([Type.Object({ transactionID: Id, transactionTimestamp: Text, initialCorrelationID: Reference, replayIndicator: Flag }), Type.Null()]),
  ),
  R0: Type.Optional(
    Type.Union([
      Type.Object({
        responseCode: Reference,
        responseMessages: Type.Optional(
          Type.Union([Type.Array(Type.String({ maxLength: MAX_TEXT }), { maxItems: 1_000 }), Type.String({ maxLength: MAX_TEXT }), Type.Null()]),
        ),
      }),
      Type.Null(),
    ]),
  ),
};

const optional = <T extends Type.TSchema>(block: T) => Type.Optional(Type.Union([block, Type.Null()]));

const DatedText = (value: string, date: string) => optional(Type.Object({ [value]: Text, [date]: Text }));
const DeAppointed = (side: 'Metering' | 'Data') =>
  Type.Object({
    [`deAppointed${side}ServiceDIPID`]: Reference,
    [`deAppointed${side}ServiceMPID`]: Reference,
    [`${side.toLowerCase()}ServiceEffectiveFromDate`]: Text,
    [`${side.toLowerCase()}ServiceEffectiveToDate`]: Text,
    deAppointmentReasonCode: Reference,
  });
const Service = (prefix: string, date: string) =>
  Type.Object({
    [`${prefix}DIPID`]: Reference,
    [`${prefix}MPID`]: Reference,
    [date]: Text,
    contractReferenceMeteringService: Reference,
    appointmentScenario: Reference,
  });

const B002 = Type.Object({
  incomingSupplierDIPID: Reference,
  incomingSupplierMPID: Reference,
  supplierEffectiveFromDate: Text,
  incomingSupplierEffectiveFromDate: Text,
});
const B007 = Type.Object({ responseCode: Reference, proposedAppointmentResponseCode: Text });
const B012 = Type.Object({ serviceProviderAppointmentRequestingSupplierDIPID: Reference, serviceProviderAppointmentRequestingSupplierMPID: Reference });
const B070 = Service('proposedMeteringService', 'proposedMeteringServiceDIPEffectiveFromDate');
const B014 = Service('incomingMeteringService', 'incomingMeteringServiceEffectiveFromDate');
const B905 = Type.Object({
  existingMeter: optional(
    Type.Object({
      meterID: Reference,
      meterType: Reference,
      manufacturersMakeAndType: Text,
      ESMEGUID: Reference,
      meterLocation: Reference,
      numberOfDisplayedRegisterDigits: Digits,
      meterInstallationDate: Text,
    }),
  ),
  existingMAP: optional(Type.Object({ meterAssetProviderID: Reference, meterAssetProviderEffectiveFromDate: Text })),
});
const AddressLines = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`addressLine${index + 1}`, Text]));

const blocks = {
  B002: optional(B002),
  B005: optional(Type.Object({ currentDataServiceDIPID: Reference, currentDataServiceMPID: Reference })),
  B007: optional(B007),
  B008: optional(DeAppointed('Metering')),
  B009: optional(DeAppointed('Data')),
  B010: optional(
    Type.Object({ incomingMeteringServiceDIPID: Reference, incomingMeteringServiceMPID: Reference, incomingMeteringServiceEffectiveFromDate: Text }),
  ),
  B012: optional(B012),
  B013: optional(Type.Object({ CSSRegistrationID: Reference })),
  B014: optional(B014),
  B017: optional(Type.Object({ incomingDataServiceDIPID: Reference, incomingDataServiceMPID: Reference, incomingDataServiceEffectiveFromDate: Text })),
  B022: optional(Type.Object({ meteringPointPostcode: Reference, ...AddressLines })),
  B023: optional(
    Type.Object({ connectionTypeIndicator: Reference, connectionTypeEffectiveFromDate: Text, energyDirection: Reference, meteredIndicator: Flag }),
  ),
  B024: DatedText('DUOSTariffID', 'DUOSTariffIDEffectiveFromDate'),
  B025: DatedText('energisationStatus', 'energisationStatusEffectiveFromDate'),
  B026: DatedText('marketSegmentIndicator', 'marketSegmentIndicatorEffectiveFromDate'),
  B028: optional(Type.Object({ domesticPremiseIndicator: Flag, domesticPremiseIndicatorEffectiveFromDate: Text })),
  B070: optional(B070),
  B094: optional(Type.Object({ MHHSRegimeEndDate: Text })),
  B095: optional(Type.Object({ ReverseMigrationIncomingMOPMPID: Reference, ReverseMigrationIncomingMOPEffectiveFromDate: Text })),
  B905List: optional(Type.Array(B905, { maxItems: 1_000 })),
  B035List: optional(
    Type.Array(
      Type.Object({
        linkedImportExportMPAN: AnyMpan,
        linkedMPANEnergyDirection: Reference,
        importExportMPANSupplierDIPID: Reference,
        importExportMPANSupplierMPID: Reference,
      }),
      { maxItems: 1_000 },
    ),
  ),
  B037List: optional(Type.Array(Type.Object({ primaryMPAN: AnyMpan, secondaryMPAN: AnyMpan }), { maxItems: 1_000 })),
};

/** A compiled schema. */
export interface IncomingSchema {
  Check(value: unknown): boolean;
  Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[];
}

const message = (custom: Record<string, Type.TSchema>): IncomingSchema =>
  Compile(Type.Object({ CommonBlock: Type.Object({ ...common, M0: M0Needed }), CustomBlock: Type.Object(custom) }));

/** Only the envelope: for events that we store without understanding them. */
const envelope: IncomingSchema = Compile(Type.Object({ CommonBlock: Type.Object({ ...common, M0: Type.Optional(Type.Union([M0, Type.Null()])) }) }));

const all = message(blocks);
const active = message({ ...blocks, B014 });
const deAppointed = message({ ...blocks, B008: DeAppointed('Metering') });
const successor = message({ ...blocks, B010: Type.Object({}) });
const dataDeAppointed = message({ ...blocks, B009: DeAppointed('Data') });
const supplierNamed = message({ ...blocks, B002 });

/** Events whose blocks we read, with the schema that says what each cannot do without. */
const events: Readonly<Record<string, IncomingSchema>> = {
  '[MSAppInitialResp]': all,
  '[DSAppInitialResp]': all,
  '[MSAppAccepted]': all,
  '[MSAppRejected]': all,
  '[MSAppLapsed]': all,
  '[DSAppAccepted]': all,
  '[DSAppRejected]': all,
  '[DSAppLapsed]': all,
  '[MSAppActive]': active,
  '[DSAppActive]': all,
  '[MSDeApp]': deAppointed,
  '[MSDeAppUpdate]': successor,
  '[DSDeApp]': dataDeAppointed,
  '[DSDeAppUpdate]': all,
  '[MSDeAppRM]': deAppointed,
  '[DSDeAppRM]': dataDeAppointed,
  '[ReverseMigNotification]': supplierNamed,
};

/** Schema for an event code; `known` is false for one whose blocks we do not read. */
export function incomingSchema(eventCode: string): { readonly schema: IncomingSchema; readonly known: boolean } {
  const schema = Object.hasOwn(events, eventCode) ? events[eventCode] : undefined;
  return schema === undefined ? { schema: envelope, known: false } : { schema, known: true };
}
