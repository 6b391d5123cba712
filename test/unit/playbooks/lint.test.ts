import assert from 'node:assert/strict';
import { lintText } from '../../../playbooks/lint.ts';
import { bare, codesOf, libraryOf, lintSteps, playbookYaml, revocation, traits, type StepData } from './builders.ts';

const listed: StepData = { id: 'scope', needs: [], uses: 'credentials.list', with: { from: 'secrets-store' } };

describe('lintText', () => {
  it('finds nothing wrong with a revocation that is approved and proven', () =>
    assert.deepEqual(lintSteps(revocation()), []));

  it('lists everything at once, in the order of lines', () => {
    const found = lintSteps([
      { id: 'A', uses: 'credential.revoke' },
      { id: 'b', uses: 'manual', with: { of: 'comander', text: 'x' } },
      { id: 'c', uses: 'chat.topic', with: { text: '${{ inputs.stor }}', colour: 'red' } },
    ]);
    assert.deepEqual(codesOf(found), [
      'PLAYBOOK_STEP_ID_INVALID',
      'PLAYBOOK_ACTION_UNKNOWN',
      'PLAYBOOK_ROLE_UNKNOWN',
      'PLAYBOOK_TEXT_MISSING',
      'PLAYBOOK_EXPRESSION_TYPE',
      'PLAYBOOK_WITH_INVALID',
    ]);
    const lines = found.map(({ line }) => line);
    assert.deepEqual(
      lines,
      [...lines].sort((left, right) => left - right),
    );
  });

  it('goes on where the shape of a part is wrong, without echoes of that part', () => {
    const found = lintSteps([
      { id: 'first', needs: [], uses: 'incident.report', colour: 'red', onFailure: 'never' },
      { id: 'second', needs: ['first'], uses: 'manual', with: { of: 'comander', text: 'x' } },
      { id: 'third', needs: ['secnd'], uses: 'incident.report' },
    ]);
    assert.deepEqual(codesOf(found), [
      'PLAYBOOK_SCHEMA',
      'PLAYBOOK_SCHEMA',
      'PLAYBOOK_ROLE_UNKNOWN',
      'PLAYBOOK_TEXT_MISSING',
      'PLAYBOOK_NEEDS_UNKNOWN',
    ]);
  });

  it('says what may have been meant', () => {
    const [unknown] = lintSteps([{ id: 'a', uses: 'incident.reprt' }]);
    assert.match(unknown!.message, /did you mean `incident.report`/);
    const [key] = lintSteps([{ id: 'a', uses: 'chat.open', with: { name: 'x', privat: true } }]);
    assert.match(key!.message, /did you mean `private`/);
  });

  it('names place, what is wrong and what to do in every diagnostic', () => {
    for (const found of lintSteps([
      { id: 'a', uses: 'nothing' },
      { id: 'a', uses: 'manual', with: {} },
    ])) {
      assert.equal(found.file, 'built.yaml');
      assert.ok(found.line > 1 && found.column > 0 && found.message.length > 5 && found.remedy.length > 5);
    }
  });
});

describe('types of what an action is given', () => {
  const given = (uses: string, values: Readonly<Record<string, unknown>>): readonly string[] =>
    codesOf(lintSteps([{ id: 'a', uses, with: values }]));

  it('takes an expression of the type of the property', () => {
    assert.deepEqual(given('wait.until', { after: '${{ inputs.grace }}' }), ['PLAYBOOK_READ_UNGUARDED']); // its type is good
    assert.deepEqual(
      given('chat.topic', { text: 'Store ${{ inputs.store }}, ${{ inputs.targets.count }} targets' }),
      [],
    );
    assert.deepEqual(given('chat.open', { name: 'x', private: "${{ inputs.store == 'spaces' }}" }), []);
    assert.deepEqual(given('evidence.snapshot', { of: '${{ inputs.targets }}', include: ['scopes'] }), []);
  });

  it('refuses one of another', () => {
    assert.deepEqual(given('chat.topic', { text: '${{ inputs.targets }}' }), ['PLAYBOOK_EXPRESSION_TYPE']);
    assert.deepEqual(given('chat.open', { name: 'x', private: '${{ inputs.store }}' }), ['PLAYBOOK_EXPRESSION_TYPE']);
    assert.deepEqual(given('wait.until', { after: '${{ inputs.store }}' }), ['PLAYBOOK_EXPRESSION_TYPE']);
    assert.deepEqual(given('chat.topic', { text: '${{ timestamp(incident.openedAt) }}' }), [
      'PLAYBOOK_EXPRESSION_TYPE',
    ]);
  });

  it('takes for a choice only an input with the same choice', () => {
    const head = {
      inputs: {
        type: 'object',
        additionalProperties: false,
        required: ['mode', 'store'],
        properties: { mode: { enum: ['authority'] }, store: { type: 'string' } },
      },
    };
    const kind = (value: string): readonly string[] =>
      codesOf(
        lintSteps([{ id: 'a', uses: 'filings.draft', with: { kind: value, template: 'gdpr-art-33' } }], { head }),
      );
    assert.deepEqual(kind('${{ inputs.mode }}'), []);
    assert.deepEqual(kind('${{ inputs.store }}'), ['PLAYBOOK_EXPRESSION_TYPE']);
  });

  it('checks the value of a fact against the fact', () => {
    assert.deepEqual(given('facts.set', { key: 'scopeFinal', value: true }), []);
    assert.deepEqual(given('facts.set', { key: 'affectedPeople', value: '${{ inputs.targets.count }}' }), []);
    assert.deepEqual(given('facts.set', { key: 'affectedPeople', value: '${{ inputs.store }}' }), [
      'PLAYBOOK_EXPRESSION_TYPE',
    ]);
  });

  it('checks what an undo is given', () => {
    const undo = (values: Readonly<Record<string, unknown>>): readonly string[] =>
      codesOf(
        lintSteps([{ id: 'a', uses: 'chat.topic', with: { text: 'x' }, undo: { uses: 'chat.topic', with: values } }]),
      );
    assert.deepEqual(undo({ text: 'back' }), []);
    assert.deepEqual(undo({ txt: 'back' }), ['PLAYBOOK_WITH_INVALID', 'PLAYBOOK_WITH_INVALID']);
    assert.deepEqual(undo({ text: '${{ inputs.stor }}' }), ['PLAYBOOK_EXPRESSION_TYPE']);
  });
});

describe('reads of what may not be there', () => {
  const extra: StepData = {
    id: 'extra',
    needs: [],
    uses: 'credentials.list',
    with: { from: 'secrets-store' },
    when: "${{ inputs.store == 'x' }}",
  };
  const reading = (changes: Readonly<Record<string, unknown>>): readonly string[] =>
    codesOf(
      lintSteps([
        extra,
        { id: 'b', needs: ['extra'], uses: 'chat.topic', with: { text: 'found ${{ steps.extra.count }}' }, ...changes },
      ]),
    );

  it('are refused without a guard', () => assert.deepEqual(reading({}), ['PLAYBOOK_READ_UNGUARDED']));

  it('are guarded by `when`', () => assert.deepEqual(reading({ when: '${{ has(steps.extra) }}' }), []));

  it('are guarded inside the expression', () =>
    assert.deepEqual(
      reading({ with: { text: "found ${{ has(steps.extra) ? string(steps.extra.count) : 'nothing' }}" } }),
      [],
    ));

  it('are not guarded by an alternative', () =>
    assert.deepEqual(reading({ when: "${{ has(steps.extra) || inputs.store == 'x' }}" }), ['PLAYBOOK_READ_UNGUARDED']));

  it('wait for the step that they read', () =>
    assert.deepEqual(
      codesOf(
        lintSteps([listed, { id: 'b', needs: [], uses: 'chat.topic', with: { text: 'n ${{ steps.scope.count }}' } }]),
      ),
      ['PLAYBOOK_READ_UNNEEDED'],
    ));

  it('may lie further back', () => {
    const steps = [
      listed,
      { id: 'b', needs: ['scope'], uses: 'incident.report' },
      { id: 'c', needs: ['b'], uses: 'chat.topic', with: { text: 'n ${{ steps.scope.count }}' } },
    ];
    assert.deepEqual(lintSteps(steps), []);
  });
});

describe('consent', () => {
  it('is asked for an act whose connector is not known', () =>
    assert.deepEqual(codesOf(lintSteps(revocation({ approval: undefined }))), ['PLAYBOOK_APPROVAL_MISSING']));

  it('is not asked for an act that its connector can take back', () => {
    const surroundings = { ...bare, connectors: () => traits({ reversible: true }) };
    assert.deepEqual(lintSteps(revocation({ approval: undefined }), { surroundings }), []);
  });

  it('stays asked beside a pre-authorisation, for what goes beyond it', () => {
    const preauthorised = { max: 500, until: '2026-12-31', signedBy: 'ciso' };
    assert.deepEqual(lintSteps(revocation({ preauthorised })), []);
    assert.deepEqual(codesOf(lintSteps(revocation({ preauthorised, approval: undefined }))), [
      'PLAYBOOK_APPROVAL_MISSING',
    ]);
  });

  it('counts the last day of a pre-authorisation', () => {
    const signed = (until: string): readonly string[] =>
      codesOf(lintSteps(revocation({ preauthorised: { max: 5, until, signedBy: 'ciso' } })));
    assert.deepEqual(signed('2026-11-24'), []);
    assert.deepEqual(signed('2026-11-23'), ['PLAYBOOK_PREAUTHORISED_EXPIRED']);
  });
});

describe('connectors', () => {
  it('refuses an act that nothing could do', () => {
    const surroundings = { ...bare, connectors: () => undefined };
    assert.deepEqual(codesOf(lintSteps(revocation(), { surroundings })), ['PLAYBOOK_CONNECTOR_MISSING']);
  });

  it('refuses a canary that is to be verified where nothing can look', () => {
    const steps = revocation({ rollout: { canary: 5, holdUntil: 'verified' } });
    assert.deepEqual(
      codesOf(lintSteps(steps, { surroundings: { ...bare, connectors: () => traits({ checks: false }) } })),
      ['PLAYBOOK_CANARY_UNCHECKABLE'],
    );
    assert.deepEqual(lintSteps(steps, { surroundings: { ...bare, connectors: () => traits() } }), []);
  });

  it('takes a canary that people let go on, whatever can be looked at', () => {
    const steps = revocation({ rollout: { canary: 0.05, holdUntil: 'approved' } });
    assert.deepEqual(lintSteps(steps, { surroundings: { ...bare, connectors: () => traits({ checks: false }) } }), []);
  });

  it('refuses a page that has less time than two of the longest requests', () => {
    const surroundings = { ...bare, connectors: () => traits({ longestRequestMs: 10_000 }) };
    assert.deepEqual(codesOf(lintSteps(revocation({ timeout: 'PT19S' }), { surroundings })), [
      'PLAYBOOK_ROLLOUT_INVALID',
    ]);
    assert.deepEqual(lintSteps(revocation({ timeout: 'PT20S' }), { surroundings }), []);
  });

  it('refuses names that the configuration does not hold, where it is known', () => {
    const steps = [{ id: 'a', uses: 'evidence.hold', with: { sources: ['issuer-audit', 'store-adit'], back: 'P1D' } }];
    const surroundings = { ...bare, configured: { logs: ['issuer-audit', 'store-audit'] } };
    const [found, ...others] = lintSteps(steps, { surroundings });
    assert.deepEqual([found!.code, others], ['PLAYBOOK_CONNECTOR_UNKNOWN', []]);
    assert.match(found!.message, /did you mean `store-audit`/);
    assert.deepEqual(lintSteps(steps), []);
  });
});

describe('acts that nothing verifies', () => {
  it('are warned of, not refused', () => {
    const [found] = lintSteps(revocation().slice(0, 1));
    assert.deepEqual([found!.code, found!.severity], ['PLAYBOOK_UNVERIFIED', 'warning']);
  });

  it('are those that no later step over the same targets looks at', () => {
    const [contain, prove] = revocation();
    const beside = [
      { ...contain!, needs: [] },
      { ...prove!, needs: [] },
    ];
    assert.deepEqual(codesOf(lintSteps(beside)), ['PLAYBOOK_UNVERIFIED']);
  });

  it('are left alone where nobody could look', () => {
    const surroundings = { ...bare, connectors: () => traits({ checks: false }) };
    assert.deepEqual(lintSteps(revocation().slice(0, 1), { surroundings }), []);
  });
});

describe('child playbooks', () => {
  const child = playbookYaml([{ id: 'a', uses: 'chat.topic', with: { text: '${{ inputs.store }}' } }], {}, 'child');
  const run = (given: Readonly<Record<string, unknown>>): readonly string[] =>
    codesOf(
      lintSteps([{ id: 'round', uses: 'playbook.run', with: { playbook: 'child', inputs: given } }], {
        library: libraryOf([child]),
      }),
    );

  it('take what they declare, by value or by type', () => {
    assert.deepEqual(run({ store: 'spaces', targets: '${{ inputs.targets }}' }), []);
    assert.deepEqual(run({ store: '${{ inputs.targets }}', targets: '${{ inputs.targets }}' }), [
      'PLAYBOOK_EXPRESSION_TYPE',
    ]);
    assert.deepEqual(run({ store: 'spaces' }), ['PLAYBOOK_WITH_INVALID']);
    assert.deepEqual(run({ store: 'spaces', targets: '${{ inputs.targets }}', more: 1 }), ['PLAYBOOK_WITH_INVALID']);
  });

  it('do not bring the linter down where their own inputs are no schema', () => {
    const broken = playbookYaml(
      [{ id: 'a', uses: 'incident.report' }],
      { inputs: { type: 'object', additionalProperties: false, properties: { a: { type: 'nothing' } } } },
      'child',
    );
    const yaml = playbookYaml([{ id: 'round', uses: 'playbook.run', with: { playbook: 'child', inputs: { a: 1 } } }]);
    assert.deepEqual(lintText(yaml, 'built.yaml', libraryOf([broken]), bare), []);
  });
});
