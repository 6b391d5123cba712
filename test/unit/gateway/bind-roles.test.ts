import assert from 'node:assert/strict';
import type { Plan } from '../../../contracts/plan.ts';
import { bindRoles } from '../../../gateway/bind-roles.ts';

const plan = {
  playbook: { name: 'exposed-secrets' },
  roles: {
    commander: { title: 'Commander', required: true, from: 'oncall:security' },
    comms: { title: 'Communications', required: false },
  },
} as unknown as Plan;

const people = [
  { id: 'casey', roles: ['commander'] },
  { id: 'noor', roles: ['commander', 'admin'] },
  { id: 'olive', roles: ['observer'] },
  { id: 'dana', roles: ['responder'] },
];

const keys = [
  { name: 'soar', sha256: '', roles: ['responder'] },
  { name: 'chart', sha256: '', roles: ['observer', 'admin'] },
  { name: 'laptop', sha256: '', person: 'olive', roles: ['responder'] },
];

describe('bindRoles', () => {
  it('puts who is on call first, then the other holders, and leaves out who is on call without the role', () => {
    const bound = bindRoles(plan, {}, { people, keys, oncall: { security: ['olive', 'noor'] } });
    assert.deepEqual(bound, {
      admin: ['noor'],
      responder: ['dana', 'key:soar'],
      commander: ['noor', 'casey'],
      comms: [],
    });
  });

  it('takes exactly those who were given', () => {
    assert.deepEqual(bindRoles(plan, { commander: ['casey'] }, { people, keys, oncall: {} }).commander, ['casey']);
  });

  it('binds responders, machines among them, to incidents whose plan declares no such role', () => {
    const { responder } = bindRoles(plan, { responder: ['key:soar'] }, { people, keys, oncall: {} });
    assert.deepEqual(responder, ['key:soar']);
  });

  it('puts deputies right behind who they stand in for, as far as they hold the role', () => {
    const staff = [
      { id: 'casey', roles: ['commander'], deputies: ['olive', 'mika'] },
      ...people.slice(1),
      { id: 'mika', roles: ['commander'] },
    ];
    const { commander } = bindRoles(plan, {}, { people: staff, keys, oncall: { security: ['casey'] } });
    assert.deepEqual(commander, ['casey', 'mika', 'noor']);
    const given = bindRoles(plan, { commander: ['casey'] }, { people: staff, keys, oncall: {} });
    assert.deepEqual(given.commander, ['casey', 'mika']);
  });

  it('takes a team for its members, on call and where it is given', () => {
    const teams = { watch: ['noor', 'casey'] };
    const onCall = bindRoles(plan, {}, { people, keys, teams, oncall: { security: ['team:watch'] } });
    assert.deepEqual(onCall.commander, ['noor', 'casey']);
    const given = bindRoles(plan, { commander: ['team:watch'] }, { people, keys, teams, oncall: {} });
    assert.deepEqual(given.commander, ['noor', 'casey']);
  });

  const refusals: readonly (readonly [string, Record<string, readonly string[]>, string])[] = [
    ['a role that the plan does not declare', { pilot: ['casey'] }, 'GATEWAY_ROLE_UNKNOWN'],
    ['a role named like something every object has', { constructor: ['casey'] }, 'GATEWAY_ROLE_UNKNOWN'],
    ['somebody who is not listed', { commander: ['zoe'] }, 'GATEWAY_PERSON_UNKNOWN'],
    ['somebody who does not hold the role', { commander: ['olive'] }, 'GATEWAY_ROLE_NOT_HELD'],
    ['admins that nobody made', { admin: ['casey'] }, 'GATEWAY_ROLE_NOT_HELD'],
    ['a team that nobody knows', { commander: ['team:watch'] }, 'GATEWAY_PERSON_UNKNOWN'],
    ['a team named like something every object has', { commander: ['team:constructor'] }, 'GATEWAY_PERSON_UNKNOWN'],
    ['a team whose members do not hold the role', { commander: ['team:look'] }, 'GATEWAY_ROLE_NOT_HELD'],
    ['a machine as an admin', { admin: ['key:soar'] }, 'GATEWAY_ROLE_NOT_HELD'],
    ['a machine that responds to nothing', { responder: ['key:chart'] }, 'GATEWAY_PERSON_UNKNOWN'],
    ['nobody for a required role', { commander: [] }, 'GATEWAY_ROLE_UNBOUND'],
  ];
  for (const [what, given, code] of refusals) {
    it(`refuses ${what}`, () =>
      assert.throws(() => bindRoles(plan, given, { people, keys, teams: { look: ['olive'] }, oncall: {} }), { code }));
  }
});
