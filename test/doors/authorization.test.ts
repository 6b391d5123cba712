import assert from 'node:assert/strict';
import { operations as known } from '../../gateway/auth/authorize.ts';
import { cliWays } from './cli-ways.ts';
import { httpWays } from './http-ways.ts';
import { MatrixStand } from './matrix-stand.ts';
import { allCells, operations } from './matrix.ts';
import { cellName, runLanes, type Verdicts } from './run-lanes.ts';
import { SlackSide } from './slack-ways.ts';

const cells = allCells();

describe('the authorization matrix', function () {
  this.timeout(600_000); // the machine may be shared with other suites
  let slack: SlackSide;
  let stand: MatrixStand;
  let verdicts: Verdicts;

  before(async () => {
    slack = await SlackSide.open();
    stand = await MatrixStand.open(slack.accounts);
    verdicts = await runLanes(
      stand,
      { http: httpWays(stand), cli: cliWays(stand), slack: await slack.ways(stand) },
      cells,
    );
  });
  after(async () => {
    await slack.close();
    await stand.close();
  });

  it('knows every operation that the doors know', () => {
    assert.deepEqual([...operations].sort(), [...known].sort());
  });

  for (const cell of cells)
    it(cellName(cell), () => {
      assert.deepEqual(verdicts.get(cellName(cell)), []);
    });
});
