/** How what people do in Slack reaches us. */
export type Reception =
  | {
      /** Slack posts to us: a public address, any number of gateways behind it. */
      readonly mode: 'http';
      readonly signingSecret: string;
      readonly host: string;
      readonly port: number;
    }
  | {
      /** We keep a web socket open: no public address. */
      readonly mode: 'socket';
      /** App-level token with `connections:write`. */
      readonly appToken: string;
    };

/** What the Slack door is opened with. */
export interface SlackDoorOptions {
  /** Id of the one workspace whose members are let in, `T...`. */
  readonly team: string;
  /** Bot token. */
  readonly token: string;
  /** Address of the Web API with its final slash; Slack's own where absent. */
  readonly apiUrl?: string;
  readonly reception: Reception;
  /**
   * Milliseconds between two rounds, in which cards are posted and what people did while the engine was away is delivered;
   * of several gateways one at a time does that. 0: this gateway never does. Default 5,000.
   */
  readonly cardsEveryMs?: number;
}
