import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPeople, type PeopleFile } from '../../../worker/people-file.ts';
import { membersOnCall } from '../../../worker/people-teams.ts';

describe('readPeople', () => {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-people-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const read = (text: string): PeopleFile => {
    const path = join(folder, 'people.yaml');
    writeFileSync(path, text);
    return readPeople(path);
  };
  const PEOPLE = `people:
  - {id: casey, name: Casey, address: casey@example.org, roles: [commander], deputies: [noor], slack: U1, slackTeam: T1}
  - {id: noor, name: Noor, address: noor@example.org, roles: [commander]}
`;
  const hash = (digit: string): string => digit.repeat(64);

  it('gives members the roles of their teams beside their own', () => {
    const { people, teams } = read(
      `${PEOPLE}teams:\n  - {id: watch, members: [noor], roles: [responder, commander]}\n`,
    );
    assert.deepEqual(
      people.map(({ id, roles }) => [id, roles]),
      [
        ['casey', ['commander']],
        ['noor', ['commander', 'responder']],
      ],
    );
    assert.deepEqual(teams, [{ id: 'watch', members: ['noor'], roles: ['responder', 'commander'] }]);
  });

  it('reads what machines are limited to', () => {
    const key = `{name: soar, roles: [responder], playbooks: [leaked-token], modes: [live], severity: high, sha256: '${hash('1')}'}`;
    const [soar] = read(`${PEOPLE}apiKeys:\n  - ${key}\n`).apiKeys;
    assert.deepEqual([soar?.playbooks, soar?.modes, soar?.severity], [['leaked-token'], ['live'], 'high']);
  });

  it('lets a deputy hold the role by a team', () => {
    const text = PEOPLE.replace('roles: [commander]}', 'roles: []}');
    assert.doesNotThrow(() => read(`${text}teams:\n  - {id: watch, members: [noor], roles: [commander]}\n`));
  });

  it('reads the address that is rung when it is urgent, and refuses what is none', () => {
    const urgent = PEOPLE.replace(
      'roles: [commander], deputies',
      'outOfBand: casey@phone.example.net, roles: [commander], deputies',
    );
    assert.equal(read(urgent).people[0]?.outOfBand, 'casey@phone.example.net');
    assert.throws(() => read(urgent.replace('casey@phone', 'casey phone')), /outOfBand/);
  });

  it('names every fault at once', () => {
    const text = `people:
  - {id: casey, name: Casey, address: casey@example.org, roles: [commander], deputies: [casey, zoe, olive], slackTeam: T1}
  - {id: olive, name: Olive, address: olive@example.org, roles: [observer]}
  - {id: olive, name: Olive, address: olive@example.org, roles: [observer]}
teams:
  - {id: watch, members: [zoe], roles: [responder]}
  - {id: watch, members: [olive], roles: [responder]}
apiKeys:
  - {name: one, person: zoe, sha256: '${hash('1')}'}
  - {name: one, person: olive, sha256: '${hash('1')}'}
`;
    assert.throws(
      () => read(text),
      (error: { readonly code?: string; readonly what?: string }) => {
        assert.equal(error.code, 'CONFIG_PEOPLE_INVALID');
        for (const fault of [
          'olive is listed twice',
          'key one speaks for zoe, who is not listed',
          'the key one is listed twice',
          'two keys have one hash',
          'casey has a Slack workspace and no account in it',
          'the team watch is listed twice',
          'the team watch has the member zoe, who is not listed',
          'casey is their own deputy',
          'casey has the deputy zoe, who is not listed',
          'olive is a deputy of casey and holds none of their roles',
        ])
          assert.ok(error.what?.includes(fault), `${fault}: ${error.what ?? ''}`);
        return true;
      },
    );
  });

  for (const [what, text] of [
    ['a ceiling that is no severity', `apiKeys:\n  - {name: soar, severity: grave, sha256: '${hash('1')}'}\n`],
    ['a team without members', 'teams:\n  - {id: watch, members: [], roles: [responder]}\n'],
    ['a workspace that cannot be one', ''],
  ] as const)
    it(`refuses ${what}`, () => {
      const people = text === '' ? PEOPLE.replace('slackTeam: T1', 'slackTeam: U1') : PEOPLE;
      assert.throws(() => read(people + text), { code: 'CONFIG_PEOPLE_INVALID' });
    });
});

describe('membersOnCall', () => {
  it('puts the members of a team in its place, each person once, and leaves other names alone', () => {
    const teams = [{ id: 'watch', members: ['casey', 'noor'], roles: ['responder'] }];
    assert.deepEqual(membersOnCall({ security: ['noor', 'team:watch', 'team:gone'] }, teams), {
      security: ['noor', 'casey', 'team:gone'],
    });
  });
});
