import { CodedError } from '../contracts/errors.ts';
import { factCatalogue, type FactKey } from '../contracts/facts.ts';
import type { Json, JsonObject } from '../contracts/json.ts';
import { createValidator, faultsOf, faultText } from '../playbooks/validator.ts';

const ajv = createValidator();
const validators = new Map(
  Object.entries(factCatalogue).map(([key, { schema }]) => [key, ajv.compile(schema as JsonObject)]),
);

/** Whether a text is the key of a fact. */
export function isKnownFact(key: string): key is FactKey {
  return Object.hasOwn(factCatalogue, key);
}

/** Refuses a value that the fact cannot have. @throws GATEWAY_BODY_INVALID */
export function refuseFactValue(key: FactKey, value: Json): void {
  const validate = validators.get(key)!;
  if (!validate(value))
    throw new CodedError('GATEWAY_BODY_INVALID', `${key}: ${faultsOf(validate).map(faultText).join('; ')}`);
}
