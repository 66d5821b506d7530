/** Read and write by short name (meter-protocols 5.5). */
import {
  type DataOrResult,
  type PlainApdu,
  type ReadRequest,
  ReadSender,
  type VariableAccess,
  type WriteRequest,
} from '../../../../workers/codec/apdu/index.ts';
import type { DataValue } from '../../../../workers/codec/data/index.ts';
import { DENIED, type Done, getAttribute, invokeMethod, OUT_OF_SCOPE, setAttribute, UNDEFINED } from './objects.ts';
import { exception } from './protection.ts';
import type { Served, ServiceContext } from './services-ln.ts';

const NOT_SUPPORTED = exception(2, 2);

export class SnServices {
  readonly #context: ServiceContext;
  #sender: ReadSender | undefined;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  serve(apdu: PlainApdu): Served {
    const { conformance } = this.#context;
    switch (apdu.pdu) {
      case 'read-request':
        return conformance.has('read') ? this.#read(apdu) : NOT_SUPPORTED;
      case 'write-request':
        return conformance.has('write') ? this.#write(apdu) : NOT_SUPPORTED;
      case 'unconfirmed-write-request':
        this.#write(apdu);
        return null;
      default:
        return NOT_SUPPORTED;
    }
  }

  #read({ variables }: ReadRequest): Served {
    const [first] = variables;
    if (first?.kind === 'block-number') return this.#sent((this.#sender ?? new ReadSender(0)).next(first.blockNumber));
    if (variables.length > 1 && !this.#context.conformance.has('multiple-references')) return NOT_SUPPORTED;
    this.#sender = new ReadSender(this.#context.conformance.has('block-transfer-with-get-or-read') ? this.#context.pduSize() : 0);
    return this.#sent(this.#sender.first(variables.map((variable) => this.#one(variable))));
  }

  #sent(answer: ReturnType<ReadSender['next']>): Served {
    if ('code' in answer) return exception(1, 3);
    if (answer.done) this.#sender = undefined;
    return answer.response;
  }

  #one(variable: VariableAccess): DataOrResult {
    if (variable.kind !== 'name') return { accessResult: OUT_OF_SCOPE };
    const { table, asker } = this.#context;
    const named = table.named(variable.variableName);
    if (named === undefined) return { accessResult: UNDEFINED };
    const got = named.attribute === undefined ? DENIED : getAttribute(named.object, named.attribute, asker);
    return typeof got === 'number' ? { accessResult: got } : { data: got };
  }

  #write({ variables, values }: WriteRequest): Served {
    const results = variables.map((variable, index) => this.#put(variable, values[index]));
    if (results.includes(null)) return null;
    return { pdu: 'write-response', results: results.map((result) => ({ accessResult: result ?? DENIED })) };
  }

  /** A method is called by writing its parameter to its name. */
  #put(variable: VariableAccess, value: DataValue | undefined): Done {
    if (variable.kind !== 'name' || value === undefined) return OUT_OF_SCOPE;
    const { table, asker } = this.#context;
    const named = table.named(variable.variableName);
    if (named?.attribute !== undefined) return setAttribute(named.object, named.attribute, value, asker);
    return named?.method === undefined ? UNDEFINED : invokeMethod(named.object, named.method, value, asker);
  }
}
