import { isRecorded, keepHistories } from './histories.ts';
import { scenarios } from './scenarios.ts';
import { Stand } from '../integration/engine/stand.ts';

/** Runs every scenario that has no history of the present engine version yet, and keeps what the server recorded. */
async function record(): Promise<void> {
  const missing = Object.entries(scenarios).filter(([name]) => !isRecorded(name));
  if (missing.length === 0) {
    console.log('every scenario is recorded');
    return;
  }
  const stand = await Stand.open();
  try {
    for (const [name, run] of missing) console.log(`${name}: ${await keepHistories(name, await run(stand))} histories`);
  } finally {
    await stand.close();
  }
}

await record();
