/**
 * A plain address: dot-atom, one `@`, a domain of labels. Narrower than the RFC on purpose: no quotes, comments, white
 * space or control characters, since a recipient is the one place where an injected line could reach the wire.
 *
 * @source RFC 5321 section 4.1.2, RFC 5322 section 3.4.1
 */
const ADDR_SPEC =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const LOCAL_MAX = 64; // octets; RFC 5321 section 4.5.3.1.1
const ADDRESS_MAX = 254; // octets of a forward-path without its angle brackets

/** Whether mail may be handed over for this address: exactly one strict addr-spec and nothing else. */
export function isMailAddress(text: unknown): text is string {
  return (
    typeof text === 'string' && text.length <= ADDRESS_MAX && text.indexOf('@') <= LOCAL_MAX && ADDR_SPEC.test(text)
  );
}
