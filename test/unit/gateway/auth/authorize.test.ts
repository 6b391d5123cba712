import assert from 'node:assert/strict';
import { authorize, authorizeIn, isAllowed, operations, speakAs } from '../../../../gateway/auth/authorize.ts';
import { incidentId } from '../../../../contracts/ids.ts';
import type { Identity } from '../../../../gateway/auth/identity.ts';
import { operations as declared, rights } from '../../../doors/matrix.ts';
import { doorKey } from '../stand.ts';

function identity(role: string, isMachine = false): Identity {
  return { id: isMachine ? 'key:detector' : 'casey', isMachine, roles: [role], key: doorKey('any') };
}

describe('isAllowed', () => {
  it('is asked about every operation there is', () => {
    assert.deepEqual([...declared].sort(), [...operations].sort());
  });

  for (const kind of ['person', 'machine'] as const)
    for (const { name: role, marks } of rights[kind])
      for (const operation of operations) {
        const isRight = marks[operation] !== '.';
        it(`${isRight ? 'lets' : 'keeps'} ${kind} ${role} ${isRight ? 'do' : 'from'} ${operation}`, () => {
          const asked =
            role === 'nobody'
              ? { ...identity(role, kind === 'machine'), roles: [] }
              : identity(role, kind === 'machine');
          assert.equal(isAllowed(asked, operation), isRight);
        });
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
