import assert from 'node:assert/strict';
import { authorize, authorizeIn, isAllowed, operations, speakAs } from '../../../../gateway/auth/authorize.ts';
import { incidentId } from '../../../../contracts/ids.ts';
import type { Identity } from '../../../../gateway/auth/identity.ts';
import { doorKey } from '../stand.ts';

/** Who may do what, as people read it: `x` a person may, `m` a machine may too, `.` nobody may. */
const MATRIX = `
               start read decide fact resolve amend undo stop resume pause steer export decode hold reconcile bounce
observer       .     m    .      .    .       .     .    .    .      .     .     .      .      .    .         .
responder      m     m    .      m    .       .     .    m    .      m     .     .      .      .    .         .
commander      m     m    x      m    x       x     x    m    x      m     x     m      .      .    m         .
privacy        .     m    x      m    x       x     .    m    .      m     .     m      .      x    .         .
counsel        .     m    x      m    x       x     .    m    .      m     .     m      .      x    .         .
comms          .     m    x      m    x       .     .    m    .      m     .     .      .      .    .         .
platform       .     m    x      m    x       .     .    m    .      m     .     .      .      .    .         .
approver       .     m    x      .    .       .     .    m    .      m     .     .      .      .    .         .
admin          m     m    x      m    x       x     x    m    x      m     x     m      x      .    m         m
postmaster     .     .    .      .    .       .     .    .    .      .     .     .      .      .    .         m
works-council  .     m    x      m    x       .     .    m    .      m     .     .      .      .    .         .
`;

const [head, ...rows] = MATRIX.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

function identity(role: string, isMachine = false): Identity {
  return { id: isMachine ? 'key:detector' : 'casey', isMachine, roles: [role], key: doorKey('any') };
}

describe('isAllowed', () => {
  it('is asked about every operation there is', () => {
    assert.deepEqual([...head!].sort(), [...operations].sort());
  });

  for (const [role, ...cells] of rows) {
    for (const [column, cell] of cells.entries()) {
      const operation = operations.find((one) => one === head![column])!;
      it(`${cell === '.' ? 'keeps' : 'lets'} ${role!} ${cell === '.' ? 'from' : 'do'} ${operation}`, () => {
        assert.equal(isAllowed(identity(role!), operation), cell !== '.');
        assert.equal(isAllowed(identity(role!, true), operation), cell === 'm');
      });
    }
  }

  it('lets nobody without a role do anything', () => {
    for (const operation of operations) assert.equal(isAllowed({ roles: [], isMachine: false }, operation), false);
  });

  it('is not fooled by names that every object has', () => {
    assert.equal(isAllowed(identity('constructor'), 'start'), false);
    assert.equal(isAllowed(identity('__proto__'), 'resume'), false);
  });
});

describe('authorize', () => {
  it('names who may not do what', () => {
    assert.throws(() => authorize(identity('observer'), 'stop'), {
      code: 'GATEWAY_FORBIDDEN',
      what: 'casey may not stop',
    });
  });
});

describe('authorizeIn', () => {
  const asked = (requester: string, mode: 'live' | 'drill' = 'live') =>
    ({ incident: incidentId('INC', 2026, 1), requester, mode }) as const;

  for (const operation of operations.filter((one) => isAllowed(identity('commander'), one))) {
    const isLeft = ['resume', 'steer', 'undo'].includes(operation);
    it(`${isLeft ? 'keeps' : 'lets'} a commander who asked for the incident ${isLeft ? 'from' : 'do'} ${operation}`, () => {
      const commander = identity('commander');
      const ask = (requester: string, mode?: 'drill') => () => {
        authorizeIn(asked(requester, mode), commander, operation);
      };
      if (isLeft) assert.throws(ask('casey'), { code: 'GATE_REQUESTER' });
      else assert.doesNotThrow(ask('casey'));
      assert.doesNotThrow(ask('dana'));
      assert.doesNotThrow(ask('casey', 'drill'));
    });
  }

  it('asks for the right first', () => {
    const observer = identity('observer');
    assert.throws(
      () => {
        authorizeIn(asked('casey'), observer, 'resume');
      },
      { code: 'GATEWAY_FORBIDDEN' },
    );
  });
});

describe('speakAs', () => {
  const deputy: Identity = { ...identity('admin'), roles: ['responder', 'admin', 'commander'] };
  const bound = { responder: ['casey'], admin: ['ada'], commander: ['casey'] };

  it('takes the role that is asked for where it is held', () => {
    assert.equal(speakAs(deputy, 'admin', { operation: 'decide', bound: {} }), 'admin');
  });

  it('takes the role that is bound to the person in the incident where none is asked for', () => {
    assert.equal(speakAs(deputy, undefined, { operation: 'stop', bound }), 'responder');
  });

  it('takes none that may not do what is done', () => {
    assert.equal(speakAs(deputy, undefined, { operation: 'decide', bound }), 'commander');
    assert.throws(() => speakAs(deputy, 'responder', { operation: 'decide', bound }), {
      code: 'GATEWAY_FORBIDDEN',
      what: 'casey may not decide as responder',
    });
  });

  it('prefers the role that the gate asks', () => {
    const both = { ...bound, admin: ['casey'] };
    assert.equal(speakAs(deputy, undefined, { operation: 'decide', bound: both }), 'admin');
    const asked = ['privacy', 'commander'];
    assert.equal(speakAs(deputy, undefined, { operation: 'decide', bound: both, asked }), 'commander');
  });

  it('refuses a role that the key does not carry, even one that the incident binds to the person', () => {
    const occasion = { operation: 'decide', bound: { privacy: ['casey'] }, asked: ['privacy'] } as const;
    assert.throws(() => speakAs(deputy, 'privacy', occasion), { code: 'GATEWAY_FORBIDDEN' });
    assert.equal(speakAs(deputy, undefined, occasion), 'admin');
  });
});
