import { cpus, loadavg, totalmem } from 'node:os';
import packageFile from '../../package.json' with { type: 'json' };
import type { JsonObject } from '../../contracts/json.ts';

/** What the figures were taken on, for whoever compares them later. */
export interface Machine extends JsonObject {
  readonly cores: number;
  readonly model: string;
  readonly memoryGb: number;
  readonly node: string;
  /** Version of the Temporal SDK. */
  readonly temporal: string;
  /** Runnable processes over the last minute, before the benchmark began: above a tenth of the cores it is not quiet. */
  readonly load: number;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** The machine as it is now. */
export function machineNow(): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    model: processors[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    temporal: packageFile.dependencies['@temporalio/worker'],
    load: Number(loadavg()[0]!.toFixed(2)),
    at: new Date().toISOString(),
  };
}
