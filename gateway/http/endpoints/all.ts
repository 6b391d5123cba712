import type { Endpoint } from '../endpoint.ts';
import { houseEndpoints } from './house.ts';
import { incidentEndpoints } from './incidents.ts';
import { messageEndpoints } from './messages.ts';
import { outsideEndpoints } from './outside.ts';
import { peopleEndpoints } from './people.ts';
import { recordEndpoints } from './records.ts';
import { rolloutEndpoints } from './rollouts.ts';

/** Every endpoint of the API, in the order of the document. */
export const endpoints: readonly Endpoint[] = [
  incidentEndpoints,
  messageEndpoints,
  recordEndpoints,
  rolloutEndpoints,
  peopleEndpoints,
  outsideEndpoints,
  houseEndpoints,
].flatMap((group) => Object.values<Endpoint>(group));
