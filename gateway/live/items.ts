/** Stored actors as a snapshot shows them: with the data that their events carry. */
import { alertCode } from '../../actors/alert/index.ts';
import { announcedData as appointmentData, contextOf as appointmentOf } from '../../actors/appointment/index.ts';
import { contextOf as mpanOf } from '../../actors/mpan/index.ts';
import type { ActorDoc } from '../../actors/store/store.ts';
import { announcedData as actionData, contextOf as actionOf } from '../../actors/time-update/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import type { SnapshotItem } from './protocol.ts';
import type { Facts } from './scope.ts';

/** Kinds of documents that the sockets tell of. */
export const LIVE_KINDS = ['appointment', 'mpan', 'action', 'alert'] as const;

export interface LiveItem {
  readonly facts: Facts;
  readonly item: SnapshotItem;
}

const NO_FACTS: Facts = {
  domain: '',
  mpid: undefined,
  mpan: undefined,
  requestId: undefined,
  owner: undefined,
  serialNumber: undefined,
  remoteAddress: undefined,
  node: undefined,
};

/** Undefined for what the sockets do not tell of. */
export function itemOf(doc: ActorDoc): LiveItem | undefined {
  const found = read(doc);
  if (!found) return undefined;
  const { facts, data } = found;
  const item = { actor: doc.id, actorVersion: doc.version, state: doc.state, changedAt: new Date(doc.changedAt).toISOString(), data };
  return { facts: { ...NO_FACTS, ...facts }, item };
}

function read(doc: ActorDoc): { readonly facts: Partial<Facts>; readonly data: Record<string, Json> } | undefined {
  switch (doc.kind) {
    case 'appointment': {
      const data = appointmentData(appointmentOf(doc), doc.state);
      const { mpid, mpan, requestId } = appointmentOf(doc).request;
      return { facts: { domain: 'appointment', mpid, mpan, requestId }, data };
    }
    case 'mpan': {
      const { mpid, mpan } = mpanOf(doc);
      return { facts: { domain: 'mpan', mpid, mpan }, data: { mpan, mpid } };
    }
    case 'action': {
      const { request, found } = actionOf(doc);
      const { requestId, owner, target } = request;
      const serialNumber = found.serialNumber ?? target.serialNumber ?? undefined;
      const facts = { domain: 'meter-action', requestId: String(requestId), owner, remoteAddress: target.remoteAddress, serialNumber };
      return { facts, data: actionData(actionOf(doc), doc.state) };
    }
    case 'alert': {
      const { code, about } = (doc.snapshot as unknown as { readonly context: { readonly code: string; readonly about: string } }).context;
      const [kind, mpid, mpan] = about.split(':');
      const of = mpid !== undefined && (kind === 'mpan' || kind === 'dtn') ? { mpid, ...(mpan === undefined ? {} : { mpan }) } : {};
      return { facts: { domain: 'alert', ...of }, data: { code, about, severity: alertCode(code)?.severity ?? 'warning', ...of } };
    }
    default:
      return undefined;
  }
}
