/** Market messages of the examples (appointments 5), made from parts. */

type Members = Record<string, unknown>;

export const OWN = { mpid: 'SUPX', dipId: '2300000012' };
export const MPAN = '2000056535971';
export const SUR = 'S-IF-031-2300000012-SUP-20260324-0f5e0bc6e9b0451a8d5b15bc01c4d2fd';

export const B070 = {
  proposedMeteringServiceDIPID: '1200000015',
  proposedMeteringServiceMPID: 'MOPX',
  proposedMeteringServiceDIPEffectiveFromDate: '2026-03-30T00:00:00+01:00',
  contractReferenceMeteringService: 'MSA20260330',
  appointmentScenario: 'CSP',
};
const B012 = { serviceProviderAppointmentRequestingSupplierDIPID: '2300000012', serviceProviderAppointmentRequestingSupplierMPID: 'SUPX' };
const B002 = { incomingSupplierDIPID: '2300000045', incomingSupplierMPID: 'SUPZ', supplierEffectiveFromDate: '2026-09-15T00:00:00+01:00' };
const B008 = {
  deAppointedMeteringServiceDIPID: '1200000015',
  deAppointedMeteringServiceMPID: 'MOPX',
  meteringServiceEffectiveFromDate: '2026-03-30T00:00:00+01:00',
  meteringServiceEffectiveToDate: '2026-09-14T00:00:00+01:00',
  deAppointmentReasonCode: 'CSUPP',
};

/** IF-031 as sent (5.1). */
export function if031(sur = SUR): Members {
  return {
    payload: {
      CommonBlock: {
        S0: { interfaceID: 'IF-031', schemaVersion: '011', eventCode: '[MSApp]' },
        S1: {
          environmentTag: 'SIT',
          subText: null,
          senderUniqueReference: sur,
          senderTimestamp: '2026-03-24T10:35:00+00:00',
          senderDIPID: '2300000012',
          senderRoleID: 'SUP',
          senderCorrelationID: null,
          DIPConnectionProviderID: null,
        },
        M0: { MPANCore: MPAN, distributorDIPID: '2500000033', GSPGroupID: '_H' },
      },
      CustomBlock: { B070 },
    },
  };
}

export interface InboundParts {
  readonly interface: string;
  readonly event: string;
  readonly n?: number;
  readonly custom?: Members;
  readonly r0?: Members;
  readonly recipients?: readonly string[];
  readonly mpan?: string;
}

/** One item of a callback. */
export function inbound(parts: InboundParts): { payload: { CommonBlock: Members; CustomBlock: Members } } {
  const n = String(parts.n ?? 1).padStart(12, '0');
  return {
    payload: {
      CommonBlock: {
        S0: { interfaceID: parts.interface, schemaVersion: '011', eventCode: parts.event },
        S1: {
          environmentTag: 'SIT',
          subText: null,
          senderUniqueReference: `S-${parts.interface}-2200000003-REGS-20260325-${n}`,
          senderTimestamp: '2026-03-25T09:12:30+00:00',
          senderDIPID: '2200000003',
          senderRoleID: 'REGS',
          senderCorrelationID: 'CI-20260324-7d1f0a9be2c34455',
          DIPConnectionProviderID: null,
        },
        A0: { primaryRecipients: parts.recipients ?? ['2300000012'], secondaryRecipients: [], always: [] },
        D0: {
          transactionID: `T-${parts.interface}-2200000003-REGS-20260325-${n}`,
          transactionTimestamp: '2026-03-25T09:12:31+00:00',
          publicationID: `PUB-${parts.interface.slice(3)}`,
          initialCorrelationID: 'CI-20260324-7d1f0a9be2c34455',
          replayIndicator: false,
          serviceTicketURL: null,
        },
        M0: { MPANCore: parts.mpan ?? MPAN, distributorDIPID: '2500000033', GSPGroupID: '_H' },
        ...(parts.r0 ? { R0: parts.r0 } : {}),
      },
      CustomBlock: parts.custom ?? {},
    },
  };
}

export const if032 = () => inbound({ interface: 'IF-032', event: '[MSAppInitialResp]', r0: { responseCode: 'A', responseMessages: [] }, custom: { B070 } });

export const if035 = (n = 1, mpan = MPAN) =>
  inbound({
    interface: 'IF-035',
    event: '[MSAppAccepted]',
    n,
    mpan,
    recipients: ['2300000012', '1200000015'],
    custom: { B007: { responseCode: 'A', proposedAppointmentResponseCode: 'SP000 - Proposed Appointment ACCEPTED' }, B012, B070 },
  });

export const METER = {
  existingMeter: {
    meterID: '21J0012345',
    meterType: 'S2ADE',
    manufacturersMakeAndType: 'ACME AM1',
    ESMEGUID: '00-11-22-33-44-55-66-77',
    meterLocation: 'E',
    numberOfDisplayedRegisterDigits: 5,
    meterInstallationDate: '2021-06-14T00:00:00+01:00',
  },
  existingMAP: { meterAssetProviderID: 'MAPX', meterAssetProviderEffectiveFromDate: '2021-06-14T00:00:00+01:00' },
};

export const if036 = (change: Members = {}) =>
  inbound({
    interface: 'IF-036',
    event: '[MSAppActive]',
    custom: {
      B012,
      B014: {
        incomingMeteringServiceDIPID: '1200000015',
        incomingMeteringServiceEffectiveFromDate: '2026-03-30T00:00:00+01:00',
        incomingMeteringServiceMPID: 'MOPX',
        contractReferenceMeteringService: 'MSA20260330',
        appointmentScenario: 'CSP',
      },
      B022: { meteringPointPostcode: 'SO15 1AA', addressLine1: null, addressLine3: '1', addressLine5: 'HIGH STREET', addressLine8: 'SOUTHAMPTON' },
      B023: { connectionTypeIndicator: 'W', connectionTypeEffectiveFromDate: '2020-04-01T00:00:00+01:00', energyDirection: 'I', meteredIndicator: true },
      B024: { DUOSTariffID: '101', DUOSTariffIDEffectiveFromDate: '2020-04-01T00:00:00+01:00' },
      B025: { energisationStatus: 'E', energisationStatusEffectiveFromDate: '2020-04-01T00:00:00+01:00' },
      B026: { marketSegmentIndicator: 'S', marketSegmentIndicatorEffectiveFromDate: '2025-11-01T00:00:00+00:00' },
      B028: { domesticPremiseIndicator: true, domesticPremiseIndicatorEffectiveFromDate: '2020-04-01T00:00:00+01:00' },
      B905List: [METER],
      ...change,
    },
  });

export const if037 = () => inbound({ interface: 'IF-037', event: '[MSDeApp]', custom: { B008, B002 } });

export const if003 = () =>
  inbound({
    interface: 'IF-003',
    event: '[MSDeAppRM]',
    custom: {
      B013: { CSSRegistrationID: '3f0c2b4e-9a51-4f0d-8b77-1d6d2f3a9c10' },
      B008,
      B002,
      B095: { ReverseMigrationIncomingMOPMPID: 'LMOP', ReverseMigrationIncomingMOPEffectiveFromDate: '2026-09-15T00:00:00+01:00' },
    },
  });

export const reverseMigration = () =>
  inbound({
    interface: 'IF-003',
    event: '[ReverseMigNotification]',
    custom: { B013: { CSSRegistrationID: '3f0c2b4e' }, B094: { MHHSRegimeEndDate: '2026-09-14T00:00:00+01:00' }, B002 },
  });
