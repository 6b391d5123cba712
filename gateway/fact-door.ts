import { CodedError } from '../contracts/errors.ts';
import { factCatalogue, type Fact, type FactKey } from '../contracts/facts.ts';
import type { Json, JsonObject } from '../contracts/json.ts';
import { createValidator, faultsOf, faultText } from '../playbooks/validator.ts';
import { whenFault } from './when-in-time.ts';
import type { Identity } from './auth/identity.ts';

const ajv = createValidator();
const validators = new Map(
  Object.entries(factCatalogue).map(([key, { schema }]) => [key, ajv.compile(schema as JsonObject)]),
);

/** Facts that are a person's decision, with the roles that take it. Of anybody else they are a proposal at most. */
const DECIDED_BY: Partial<Record<FactKey, readonly string[]>> = {
  awareAt: ['privacy', 'counsel'],
  personalDataBreach: ['privacy', 'counsel'],
  riskToPeople: ['privacy', 'counsel'],
  controllerOrProcessor: ['privacy', 'counsel'],
  misuseFound: ['counsel', 'privacy'],
  exfiltrationFound: ['counsel', 'privacy'],
  crimeSuspected: ['counsel', 'privacy'],
  scopeFinal: ['commander'],
};

/** Whether a text is the key of a fact. */
export function isKnownFact(key: string): key is FactKey {
  return Object.hasOwn(factCatalogue, key);
}

/** Refuses a value that the fact cannot have. @throws GATEWAY_BODY_INVALID */
export function refuseFactValue(key: FactKey, value: Json): void {
  const validate = validators.get(key)!;
  if (!validate(value))
    throw new CodedError('GATEWAY_BODY_INVALID', `${key}: ${faultsOf(validate).map(faultText).join('; ')}`);
  const { schema } = factCatalogue[key];
  const fault = '$ref' in schema && schema.$ref === 'firebreak:when' ? whenFault(value, Date.now()) : undefined;
  if (fault !== undefined) throw new CodedError('GATEWAY_BODY_INVALID', `${key}: ${fault}`);
}

/**
 * Refuses a fact that is not this one's to say: decisions are taken by people in the role for it, everybody else proposes.
 *
 * @throws GATEWAY_FORBIDDEN
 */
export function refuseSayer({ id, roles, isMachine }: Identity, key: FactKey, confidence: Fact['confidence']): void {
  const deciders = DECIDED_BY[key];
  if (confidence === 'proposed') return;
  if (isMachine && confidence === 'decided') throw new CodedError('GATEWAY_FORBIDDEN', `${id} decides nothing`);
  if (!deciders || (!isMachine && roles.some((role) => deciders.includes(role)))) return;
  throw new CodedError('GATEWAY_FORBIDDEN', `${key} is decided by ${deciders.join(' or ')}; ${id} may propose it`);
}
