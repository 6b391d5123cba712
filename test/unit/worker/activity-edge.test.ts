import assert from 'node:assert/strict';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { CodedError } from '../../../contracts/errors.ts';
import { SCRUBBED } from '../../../contracts/token-shapes.ts';
import { toFailure } from '../../../worker/activity-edge.ts';
import { Scrubber } from '../../../worker/scrubber.ts';

const failureOf = (error: unknown): ApplicationFailure => {
  const scrubber = new Scrubber();
  const failure = toFailure(error, (text) => scrubber.scrub(text));
  assert.ok(failure instanceof ApplicationFailure);
  return failure;
};

describe('toFailure', () => {
  it('gives a coded error its code as type', () => {
    assert.equal(failureOf(new CodedError('LEASE_LOST', 'a newer attempt has it')).type, 'LEASE_LOST');
  });

  it('retries what the registry calls retryable, after the time that was asked for', () => {
    const failure = failureOf(new CodedError('LEDGER_UNREACHABLE', 'no answer', { retryAfterMs: 1_500 }));
    assert.equal(failure.nonRetryable, false);
    assert.equal(failure.nextRetryDelay, 1_500);
  });

  it('does not retry what the registry calls terminal', () => {
    assert.equal(failureOf(new CodedError('CONNECTOR_UNKNOWN', 'no such connector')).nonRetryable, true);
  });

  it('retries what nobody foresaw, under a code', () => {
    const failure = failureOf(new RangeError('index out of range'));
    assert.equal(failure.type, 'ENGINE_INTERNAL');
    assert.equal(failure.nonRetryable, false);
  });

  it('lets no token through in a text', () => {
    const token = ['ghp', 'x'.repeat(36)].join('_');
    assert.equal(failureOf(new Error(`refused ${token}`)).message, `refused ${SCRUBBED}`);
  });

  it("passes on what is Temporal's own", () => {
    const cancelled = new CancelledFailure('stop');
    assert.equal(
      toFailure(cancelled, (text) => text),
      cancelled,
    );
    const aborted = new DOMException('stop', 'AbortError');
    assert.equal(
      toFailure(aborted, (text) => text),
      aborted,
    );
  });
});
