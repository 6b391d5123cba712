import type { Severity } from '../../contracts/detectors.ts';
import type { Mode } from '../../contracts/effects.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** Ways to prove where a delivery comes from; each is in a file of its own, listed in `schemes.ts`. */
export const schemeNames = [
  ...(['github-partner', 'github-webhook', 'gitguardian', 'standard-webhooks'] as const),
  ...(['sns', 'security-event-token', 'bearer', 'basic'] as const),
] as const;

/** One of {@link schemeNames}. */
export type SchemeName = (typeof schemeNames)[number];

/** What a delivery may look like inside, where its scheme leaves that open. */
export const formatNames = ['alert', 'alertmanager', 'cloudevents', 'eventbridge', 'falco', 'ocsf'] as const;

/** One of {@link formatNames}. */
export type FormatName = (typeof formatNames)[number];

/** Which alert starts which playbook with what. Texts may hold expressions over `event`: `${{ event.kind }}`. */
export interface RuleConfig {
  /** Whether the rule is for an alert; absent: it is. The first rule that is for it decides. */
  readonly when?: string;
  /** Playbook that it starts. */
  readonly playbook?: string;
  /** Recorded, and nothing started. */
  readonly ignore?: true;
  /** Default `live`; a sample can only be a drill. */
  readonly mode?: 'live' | 'drill';
  /** Default: the alert's own; an alert without one counts as `critical`. */
  readonly severity?: string;
  /** What the alert is about: alerts of one subject are one incident. Default: the leaked credential, else the alert's id. */
  readonly about?: string;
  readonly inputs?: JsonObject;
  /** Facts that an alert states when it joins: keys of the fact catalogue. */
  readonly facts?: JsonObject;
  /** Whether the leaked credential goes along; for playbooks with an input `upload`. */
  readonly credentials?: boolean;
}

/** A detector: how it proves itself, what it may start, what its alerts mean. Secrets are read already. */
export interface DetectorConfig {
  readonly name: string;
  readonly scheme: SchemeName;
  /** Default: the scheme's own. */
  readonly format?: FormatName;
  /** Shared secrets; several during a rotation. */
  readonly keys?: readonly string[];
  /** Header that holds the secret, for `bearer`; default `authorization`, behind `Bearer `. */
  readonly header?: string;
  /** GitHub: base address of the REST API. */
  readonly api?: string;
  /** GitHub: credential that keys and alerts are read with. */
  readonly token?: string;
  /** Amazon SNS. */
  readonly topics?: readonly string[];
  readonly confirmSubscription?: boolean;
  /** Security event tokens. */
  readonly issuer?: string;
  readonly audience?: string;
  readonly jwks?: string;
  /** Playbooks that it may start. */
  readonly playbooks: readonly string[];
  /** Modes that it may start in; default drill only. */
  readonly modes?: readonly Mode[];
  /** The gravest alert that it may start something for by itself; default `high`. */
  readonly severity?: Severity;
  /** What happens above that: the incident waits for a person, or the alert is refused; default `hold`. */
  readonly beyond?: 'hold' | 'refuse';
  /** How many incidents it may start an hour; default 20. */
  readonly startsPerHour?: number;
  /** Marks more alerts as samples than the format does. */
  readonly sample?: string;
  readonly rules: readonly RuleConfig[];
}
