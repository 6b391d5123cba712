/** What one process at a time may do. */
export interface TurnStore {
  /**
   * Takes a turn, or keeps it: it is the holder's for a while, by the database's clock.
   *
   * @param name - of what is done, such as `slack-cards`.
   * @param holder - unique to the process.
   * @param forMs - milliseconds after which another may take it, unless it is taken again.
   * @returns whether the holder has it now.
   */
  take(name: string, holder: string, forMs: number): Promise<boolean>;
  /** Gives a turn back, so that another need not wait. */
  give(name: string, holder: string): Promise<void>;
}
