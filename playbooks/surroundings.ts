import type { ActionDeclaration } from '../contracts/action.ts';
import type { ConnectorTraits } from '../contracts/effects.ts';

/** What a playbook is checked against and compiled for. */
export interface Surroundings {
  /** Actions by name: `contracts/catalogue.ts`. */
  readonly catalogue: ReadonlyMap<string, ActionDeclaration>;
  /** Connector that would act for an action; `undefined` when no configuration is known (an editor, CI of a library). */
  readonly connectors?: ((action: string) => ConnectorTraits | undefined) | undefined;
  /** Names that the configuration holds; a kind that is left out is not checked. */
  readonly configured?: ConfiguredNames | undefined;
  /** ISO 8601 date, UTC: pre-authorisations run out. */
  readonly today: string;
}

/** Names of the configuration that steps refer to. */
export interface ConfiguredNames {
  /** Of `connectors.credentials.sources`. */
  readonly sources?: readonly string[];
  /** Of `connectors.tickets.queues`. */
  readonly queues?: readonly string[];
  /** Of `connectors.evidence.sources`. */
  readonly logs?: readonly string[];
  /** Of `connectors.http.hosts`. */
  readonly hosts?: readonly string[];
}
