import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { ENGINE_VERSION } from '../../contracts/messages.ts';
import type { StartedIncident } from '../integration/engine/stand.ts';

const FOLDER = new URL('histories/', import.meta.url);

/** A recorded history, as `Worker.runReplayHistory` takes it. */
export interface RecordedHistory {
  /** `v1/rounds.0`: version, scenario, number of the workflow in it. */
  readonly name: string;
  readonly workflowId: string;
  readonly history: unknown;
}

/** Every recorded history, by name. */
export function recordedHistories(): readonly RecordedHistory[] {
  return readdirSync(FOLDER)
    .flatMap((version) => readdirSync(new URL(`${version}/`, FOLDER)).map((file) => `${version}/${file}`))
    .sort()
    .map((path) => {
      const { workflowId, history } = JSON.parse(
        gunzipSync(readFileSync(new URL(path, FOLDER))).toString('utf8'),
      ) as Omit<RecordedHistory, 'name'>;
      return { name: path.replace('.json.gz', ''), workflowId, history };
    });
}

/** Whether a scenario was recorded for the present engine version. */
export function isRecorded(scenario: string): boolean {
  return existsSync(new URL(`v${ENGINE_VERSION}/${scenario}.0.json.gz`, FOLDER));
}

/** Takes out what names the machine that recorded: a replay reads neither. */
function withoutMachine(key: string, value: unknown): unknown {
  return key === 'identity' || key === 'stackTrace' ? '' : value;
}

/** Keeps the histories of an incident and of its children. @returns how many. */
export async function keepHistories(scenario: string, incident: StartedIncident): Promise<number> {
  const folder = new URL(`v${ENGINE_VERSION}/`, FOLDER);
  mkdirSync(folder, { recursive: true });
  const histories = await incident.histories();
  for (const [index, { workflowId, history }] of histories.entries()) {
    const body = JSON.stringify({ workflowId, history: JSON.parse(historyToJSON(history), withoutMachine) as unknown });
    writeFileSync(new URL(`${scenario}.${index}.json.gz`, folder), gzipSync(body, { level: 9 }));
  }
  return histories.length;
}
