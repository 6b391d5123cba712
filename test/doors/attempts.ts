import type { MatrixOperation } from './matrix.ts';
import type { Actor, Lane } from './matrix-stand.ts';

/** What a door answered. */
export interface Attempt {
  /** Code of the refusal; `undefined` where it was taken. */
  readonly code: string | undefined;
  /** Everything that was answered. */
  readonly text: string;
}

/** Asks a door for something, in a lane's incident. The words depend on the lane alone, not on who says them. */
export type Way = (who: Actor, lane: Lane) => Promise<Attempt>;

/** How everything is asked for at a door; also what the door has no way for, as somebody would try it. */
export type Ways = Readonly<Record<MatrixOperation, Way>>;
