import type { JsonObject } from '../contracts/json.ts';
import { faultsOf, faultText, validatorOf } from './validator.ts';

/** One fault of given inputs. */
export interface InputFault {
  /** JSON Pointer (RFC 6901) into the inputs. */
  readonly pointer: string;
  readonly message: string;
}

/**
 * Checks inputs against a playbook's schema.
 *
 * @param schema - the playbook's `inputs`, or a plan's inputs document.
 * @returns every fault; empty when they are good.
 */
export function checkInputs(schema: JsonObject, inputs: JsonObject): readonly InputFault[] {
  const validate = validatorOf(schema);
  if (validate(inputs)) return [];
  return faultsOf(validate).map((fault) => ({ pointer: fault.instancePath, message: faultText(fault) }));
}
