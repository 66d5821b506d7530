/** GET, SET and ACTION (meter-protocols 5.4). */
import {
  ActionReceiver,
  type ActionRequest,
  type ActionResult,
  type AttributeAccess,
  type ConformanceName,
  type DataOrResult,
  type GetRequest,
  GetSender,
  type PlainApdu,
  SetReceiver,
  type SetRequest,
} from '../../../../workers/codec/apdu/index.ts';
import { type Asker, type Done, getAttribute, invokeMethod, type ObjectTable, OTHER_REASON, OUT_OF_SCOPE, setAttribute } from './objects.ts';
import { exception } from './protection.ts';

/** null: no answer at all. */
export type Served = PlainApdu | null;

export interface ServiceContext {
  readonly table: ObjectTable;
  readonly asker: Asker;
  readonly conformance: ReadonlySet<ConformanceName>;
  /** Octets of an answer in clear, 0 = no limit. */
  readonly pduSize: () => number;
}

const NOT_SUPPORTED = exception(2, 2);

export class LnServices {
  readonly #context: ServiceContext;
  readonly #sets = new SetReceiver();
  readonly #actions: ActionReceiver;
  #get: { readonly sender: GetSender; readonly invokeId: number } | undefined;

  constructor(context: ServiceContext) {
    this.#context = context;
    this.#actions = new ActionReceiver(context.pduSize());
  }

  serve(apdu: PlainApdu): Served {
    const { conformance } = this.#context;
    switch (apdu.pdu) {
      case 'get-request':
        return conformance.has('get') ? this.#gets(apdu) : NOT_SUPPORTED;
      case 'set-request':
        return conformance.has('set') ? this.#set(apdu) : NOT_SUPPORTED;
      case 'action-request':
        return conformance.has('action') ? this.#action(apdu) : NOT_SUPPORTED;
      default:
        return NOT_SUPPORTED;
    }
  }

  #gets(request: GetRequest): Served {
    if (request.choice === 'next') {
      const sender = this.#get?.invokeId === request.invokeId ? this.#get.sender : new GetSender(0);
      return this.#sent(sender.next(request));
    }
    const list = request.choice === 'with-list';
    if (list && !this.#context.conformance.has('multiple-references')) return NOT_SUPPORTED;
    const results = (list ? request.attributes : [request]).map((access) => this.#read(access));
    const pduSize = this.#context.conformance.has('block-transfer-with-get-or-read') ? this.#context.pduSize() : 0;
    const sender = new GetSender(pduSize);
    this.#get = { sender, invokeId: request.invokeId };
    return this.#sent(sender.first(request, results));
  }

  #sent(answer: ReturnType<GetSender['next']>): Served {
    if ('code' in answer) return exception(1, 3);
    if (answer.done) this.#get = undefined;
    return answer.response;
  }

  #read({ attribute, access }: AttributeAccess): DataOrResult {
    const { table, asker } = this.#context;
    const object = table.find(attribute.classId, attribute.obis);
    if (typeof object === 'number') return { accessResult: object };
    if (access !== undefined) return { accessResult: OUT_OF_SCOPE };
    const got = getAttribute(object, attribute.id, asker);
    return typeof got === 'number' ? { accessResult: got } : { data: got };
  }

  #set(request: SetRequest): Served {
    const arrival = this.#sets.take(request);
    if (arrival.kind !== 'whole') return arrival.response;
    const { table, asker } = this.#context;
    const results = arrival.attributes.map(({ attribute, access }, index): Done => {
      const object = table.find(attribute.classId, attribute.obis);
      const value = arrival.values[index];
      if (typeof object === 'number' || value === undefined) return typeof object === 'number' ? object : OTHER_REASON;
      return access === undefined ? setAttribute(object, attribute.id, value, asker) : OUT_OF_SCOPE;
    });
    if (results.includes(null)) return null;
    const response = this.#sets.answer(
      request,
      results.map((result) => result ?? OTHER_REASON),
    );
    return 'code' in response ? exception(1, 3) : response;
  }

  #action(request: ActionRequest): Served {
    const arrival = this.#actions.take(request);
    if (arrival.kind !== 'whole') return arrival.response;
    const { table, asker } = this.#context;
    const results = arrival.methods.map(({ classId, obis, id }, index): Done => {
      const object = table.find(classId, obis);
      return typeof object === 'number' ? object : invokeMethod(object, id, arrival.parameters[index], asker);
    });
    if (results.includes(null)) return null;
    const response = this.#actions.answer(
      request,
      results.map((result): ActionResult => ({ actionResult: result ?? OTHER_REASON })),
    );
    return 'code' in response ? exception(1, 3) : response;
  }
}
