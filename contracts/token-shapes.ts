/**
 * Shapes of credentials by which they are known in running text. Wider than each issuer's own rule where its alphabet is
 * not published: a false hit costs a few letters, a miss costs a secret.
 *
 * @source published prefixes of each issuer, as the rules of trufflehog and gitleaks have them
 */
const TOKEN_SHAPES: readonly RegExp[] = [
  /\b(?:hf_|api_org_)[A-Za-z0-9]{20,}/g, // Hugging Face
  /\bgh[opusr]_[A-Za-z0-9]{20,}/g, // GitHub
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g, // GitLab
  /\bnpm_[A-Za-z0-9]{20,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, // AWS access key id
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g, // Slack
  /\bxapp-[A-Za-z0-9-]{10,}/g,
  /\b(?:sk|rk)_live_[A-Za-z0-9]{16,}/g, // Stripe
  /\bsk-[A-Za-z0-9_-]{20,}/g, // OpenAI
  /\bhvs\.[A-Za-z0-9_-]{20,}/g, // Vault
  /\bfbk?_[A-Za-z0-9]{20,}/g, // Firebreak's own keys and the demo's tokens
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, // JWT
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** What stands where a credential stood. */
export const SCRUBBED = '[credential removed]';

/**
 * Takes everything shaped like a credential out of a text; for every text that leaves through tickets, chat or errors.
 *
 * @returns the text with {@link SCRUBBED} in place of each hit; the very same text where there is none.
 */
export function scrubTokens(text: string): string {
  return TOKEN_SHAPES.reduce((scrubbed, shape) => scrubbed.replace(shape, SCRUBBED), text);
}
