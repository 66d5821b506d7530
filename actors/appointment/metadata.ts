/** What a supplier is told of its process: the object `metadata` of `GET /requests/v1/{mpid}` and the body of a webhook (appointments 1.6). Pure. */
import { publicStatus } from '../../machines/appointment/index.ts';
import { formatUtc } from '../../machines/calendar/index.ts';
import type { ActorDoc } from '../store/store.ts';
import { APPOINTMENT_DESCRIPTION, REQUEST_TYPE } from './appoint.ts';
import { contextOf } from './names.ts';

export interface RequestError {
  readonly code: string;
  readonly message: string;
  readonly source: string;
  readonly raised_at: string;
}

/** Members in the order in which they are written. */
export interface RequestMetadata {
  readonly request_id: string;
  readonly request_type: string;
  readonly request_status: 'Pending' | 'Success' | 'Failed';
  readonly initiated_by: string | null;
  readonly description: string;
  readonly created_at: string;
  readonly last_updated_at: string;
  readonly mpan_core: number;
  readonly errors: readonly RequestError[];
}

export function metadataOf(doc: ActorDoc): RequestMetadata {
  const { request, errors } = contextOf(doc);
  return {
    request_id: request.requestId,
    request_type: REQUEST_TYPE,
    request_status: publicStatus(doc.state),
    initiated_by: request.initiatedBy,
    description: APPOINTMENT_DESCRIPTION,
    created_at: formatUtc(doc.createdAt),
    last_updated_at: formatUtc(doc.changedAt),
    mpan_core: Number(request.mpan),
    errors: errors.map(({ code, message, source, at }) => ({ code, message, source, raised_at: formatUtc(at) })),
  };
}
