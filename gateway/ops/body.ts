/** Bodies of the operator's API: JSON, checked by a compiled schema. */
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { type AnyReply, type GatewayRequest, problem } from '../http/index.ts';

/** A reader of one kind of body: the value, or the refusal that names the member and the rule. */
export function bodyReader<T extends TSchema>(
  schema: T,
): (request: GatewayRequest) => { readonly value: Static<T>; readonly refusal?: undefined } | { readonly refusal: AnyReply } {
  const validator = Compile(schema);
  return (request) => {
    let value: unknown;
    try {
      value = request.body.byteLength === 0 ? {} : JSON.parse(Buffer.from(request.body).toString('utf8'));
    } catch {
      return { refusal: problem(400, 'invalid_json', 'body: must be JSON') };
    }
    if (validator.Check(value)) return { value: value as Static<T> };
    const errors = validator.Errors(value).slice(0, 20);
    const named = errors.map(({ instancePath, message }) => ({ pointer: instancePath, rule: message }));
    const first = named[0];
    return { refusal: problem(422, 'invalid_value', `${first?.pointer || 'body'}: ${first?.rule ?? 'is not valid'}`, { errors: named }) };
  };
}
