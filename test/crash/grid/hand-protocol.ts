import type { CutPoint } from '../../../activities/effects/cut-point.ts';

/** Queue that hands poll, whatever queue an action has in production: one poller, one act at a time. */
export const HAND_QUEUE = 'actions';

/** Where a hand is to die or to stand still. */
export interface Cut {
  /** Activity type that arms it. */
  readonly action: string;
  readonly point: CutPoint;
  /** Passes of the point, from 1. */
  readonly pass: number;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  /** Bytes that make a request an acting one, as the source of a regular expression. */
  readonly sent: string;
  /** File that arms it: removed by the harness as soon as the first hand has been hit. */
  readonly token: string;
}

/** What a hand is told. */
export interface HandOrder {
  readonly arm: Cut;
}

/** What a hand says: that it polls, or how an attempt ended. */
export type HandReport =
  | { readonly ready: true }
  | { readonly ended: { readonly action: string; readonly attempt: number; readonly code: string | undefined } };
