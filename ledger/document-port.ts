import type { Digest } from '../contracts/ids.ts';

/** Who a document is for. */
export interface Handling {
  readonly tlp: string;
  readonly privilege: 'none' | 'counsel';
  readonly audience: string;
}

/** A document of an incident: draft, report, snapshot, evidence. */
export interface DocumentMeta {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: number;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly handling: Handling;
}
