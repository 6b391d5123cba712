import assert from 'node:assert/strict';
import { runCli } from '../../../cli/run-cli.ts';
import type { Started } from '../../../contracts/api.ts';
import { createServer } from '../../../gateway/http/server.ts';
import { scriptedTerminal } from '../../unit/cli/scripted-terminal.ts';
import { apiKey } from '../../unit/gateway/stand.ts';
import { DoorStand, freshSecret } from './door-stand.ts';

describe('runCli', function () {
  this.timeout(60_000);
  let door: DoorStand;

  before(async () => {
    door = await DoorStand.open();
  });

  after(() => door.close());

  describe('the command line', () => {
    it('starts, looks, decides, speaks and reads against the real door', async () => {
      const app = createServer(door.deps);
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      const as = async (person: string, args: readonly string[], input = ''): Promise<[number, string]> => {
        const terminal = scriptedTerminal({
          environment: { FIREBREAK_URL: url, FIREBREAK_KEY: apiKey(person) },
          fetch,
          input,
        });
        const code = await runCli(args, terminal, '0.0.0');
        return [code, terminal.written() + terminal.warned()];
      };
      try {
        const [, text] = await as(
          'dana',
          ['start', 'leaked-token', '--credentials', '-', '--json'],
          `${freshSecret()}\n`,
        );
        const { incident } = JSON.parse(text) as Started;
        const gate = await door.openGate(incident);
        const [, shownStatus] = await as('olive', ['status', incident]);
        assert.match(shownStatus, new RegExp(`firebreak approve ${incident} --gate ${gate.id}`));
        assert.match(shownStatus, /Say what is known of: awareAt/);
        const [unseen, why] = await as('casey', ['approve', incident, '--gate', gate.id, '--yes']);
        assert.equal(unseen, 1);
        assert.match(why, /CLI_NOT_CONFIRMED/);
        const [approved, effect] = await as('casey', [
          'approve',
          incident,
          '--gate',
          gate.id,
          '--yes',
          '--digest',
          gate.digest.slice(0, 16),
        ]);
        assert.equal(approved, 0, effect);
        assert.match(effect, /approved/);
        const [said] = await as('priya', ['fact', incident, 'awareAt', '2026-05-04T10:00:00Z', '--decided']);
        assert.equal(said, 0);
        const [forbidden, refusal] = await as('dana', ['resume', incident, '--reason', 'x']);
        assert.equal(forbidden, 1);
        assert.match(refusal, /^\[GATEWAY_FORBIDDEN\] dana may not resume\. Use the key/);
        const [, history] = await as('olive', ['timeline', incident]);
        assert.match(history, /incident\.opened +dana/);
        const [, checklist] = await as('olive', ['runbook', incident]);
        assert.match(checklist, /- \[[ x]\] \*\*contain\*\* Revoke the token/);
      } finally {
        await app.close();
      }
    });
  });
});
