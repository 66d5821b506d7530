/**
 * A market message as the machines see it: the DIP's envelope and the blocks of appointments 4.2, decoded, with instants as
 * numbers. Made by `actors/dip` from JSON that passed the tolerant schema; everything that may be absent is optional.
 */
import type { EpochMs } from '../common/effects.ts';

/** A accepted, R rejected, L lapsed, W warning, x obfuscated (appointments 4.3). */
export type ResponseCode = 'A' | 'R' | 'L' | 'W' | 'x';

/** Settlement date in London, `YYYY-MM-DD`. */
export type SettlementDate = string;

export interface Response {
  readonly code: ResponseCode;
  readonly messages: readonly string[];
}

/** B014 / B070: the metering service that is proposed or incoming. */
export interface ServiceBlock {
  readonly dipId: string;
  readonly mpid: string | null;
  /** Settlement date of its effective-from date. */
  readonly effectiveFrom: SettlementDate;
  readonly contractReference: string | null;
  readonly scenario: string;
}

/** One entry of B905List (B074 existing meter, B075 asset provider). `x` values arrive as null. */
export interface ExistingMeter {
  readonly meterId: string;
  readonly meterType: string | null;
  readonly manufacturer: string | null;
  readonly esmeGuid: string | null;
  readonly location: string | null;
  readonly registerDigits: number | null;
  /** As it came, 25-character form. */
  readonly installedAt: string | null;
  readonly assetProvider: string | null;
  readonly assetProviderFrom: string | null;
}

export interface LinkedMpan {
  readonly mpan: string;
  readonly direction: string | null;
  readonly supplierDipId: string | null;
  readonly supplierMpid: string | null;
}

/** A value with its effective-from settlement date. */
export interface Dated<T> {
  readonly value: T;
  readonly from: SettlementDate | null;
}

/** Everything the MPAN record may take from an IF-036 (appointments 8.1). Absent or null: not stated, or obfuscated. */
export interface ActiveFacts {
  readonly connectionType?: Dated<string> | null;
  readonly energyDirection?: string | null;
  readonly meteredIndicator?: boolean | null;
  readonly duosTariffId?: Dated<string> | null;
  readonly energisationStatus?: Dated<string> | null;
  readonly marketSegment?: Dated<string> | null;
  readonly domesticIndicator?: Dated<boolean> | null;
  readonly dataService?: { readonly dipId: string | null; readonly mpid: string | null; readonly from: SettlementDate | null } | null;
  readonly addressLines?: readonly (string | null)[] | null;
  readonly postcode?: string | null;
  readonly meters?: readonly ExistingMeter[] | null;
  readonly linked?: readonly LinkedMpan[] | null;
  readonly related?: readonly { readonly primary: string; readonly secondary: string }[] | null;
}

/** B008 with B010 and B002 (IF-037, IF-003). */
export interface DeAppointment {
  readonly dipId: string;
  readonly mpid: string | null;
  readonly effectiveFrom: SettlementDate | null;
  readonly effectiveTo: SettlementDate | null;
  readonly reason: string | null;
}

export interface IncomingSupplier {
  readonly dipId: string;
  readonly mpid: string | null;
  readonly effectiveFrom: SettlementDate | null;
}

/** The envelope and all blocks we read. */
export interface MarketMessage {
  /** `IF-032` … */
  readonly interface: string;
  /** With its brackets: `[MSAppAccepted]`. */
  readonly eventCode: string;
  readonly sur: string;
  readonly senderDipId: string;
  readonly senderRole: string;
  readonly senderCorrelationId: string | null;
  /** Absent D0 (hand-made injections): the SUR stands in. */
  readonly transactionId: string;
  readonly transactionAt: EpochMs;
  readonly initialCorrelationId: string | null;
  readonly replay: boolean;
  /** A0: all recipients, in any list. */
  readonly recipients: readonly string[];
  /** 13 digits; null for what concerns no meter point (IF-047). */
  readonly mpan: string | null;
  readonly distributorDipId: string | null;
  readonly gspGroupId: string | null;
  /** R0. */
  readonly response: Response | null;
  /** B007. */
  readonly outcome: { readonly code: ResponseCode; readonly text: string | null } | null;
  /** B012. */
  readonly requestingSupplier: { readonly dipId: string; readonly mpid: string | null } | null;
  /** B070. */
  readonly proposed: ServiceBlock | null;
  /** B014. */
  readonly incoming: ServiceBlock | null;
  readonly active: ActiveFacts | null;
  /** B008. */
  readonly deAppointed: DeAppointment | null;
  /** B010. */
  readonly successor: { readonly dipId: string; readonly mpid: string | null; readonly effectiveFrom: SettlementDate | null } | null;
  /** B002. */
  readonly incomingSupplier: IncomingSupplier | null;
  /** B013. */
  readonly cssRegistrationId: string | null;
  /** B094. */
  readonly mhhsRegimeEnd: SettlementDate | null;
  /** B095. */
  readonly reverseMop: { readonly mpid: string; readonly effectiveFrom: SettlementDate | null } | null;
  /** DS twin of a de-appointment (`[DSDeApp]`, `[DSDeAppRM]`): B009. */
  readonly dataServiceDeAppointed: DeAppointment | null;
  /** True for a message that a simulator injected for test-mode processes (appointments 1.8). */
  readonly test: boolean;
}
