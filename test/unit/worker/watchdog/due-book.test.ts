import assert from 'node:assert/strict';
import type { IncidentId } from '../../../../contracts/ids.ts';
import type { OpenDuty, WatchdogReport } from '../../../../contracts/watchdog.ts';
import { DueBook } from '../../../../worker/watchdog/due-book.ts';

const START = Date.parse('2026-03-02T03:00:00.000Z');
const MINUTE = 60_000;
const at = (minutes: number): string => new Date(START + minutes * MINUTE).toISOString();
const incident = 'INC-2026-0042' as IncidentId;
const duty = (minutes: number): OpenDuty => ({
  incident,
  obligation: 'gdpr-33',
  title: 'Notice to the supervisory authority',
  dueAt: at(minutes),
});

describe('DueBook', () => {
  let book: DueBook;

  const report = (minutes: number, duties: readonly OpenDuty[], changes: Partial<WatchdogReport> = {}): void =>
    book.report({ at: at(minutes), isEngineUp: true, duties, ...changes }, START + minutes * MINUTE);
  const alarms = (minutes: number): readonly string[] => book.alarms(START + minutes * MINUTE).map(({ id }) => id);

  beforeEach(() => {
    book = new DueBook(DueBook.empty(START), 5 * MINUTE);
  });

  it('alarms at the due time and not before', () => {
    report(1, [duty(4)]);
    assert.deepEqual(alarms(3.9), []);
    assert.deepEqual(alarms(4), [`due/${incident}/gdpr-33/${at(4)}`]);
  });

  it('says which incident, which duty and since when, and what to do', () => {
    report(1, [duty(4)]);
    const [alarm] = book.alarms(START + 4 * MINUTE);
    assert.match(alarm!.subject, /INC-2026-0042.*OVERDUE since 2026-03-02T03:04:00.000Z: Notice to the supervisory/);
    assert.match(alarm!.text, /firebreak duties INC-2026-0042/);
  });

  it('goes on until somebody took the alarm, then once an hour', () => {
    report(1, [duty(2)]);
    const [id] = alarms(2);
    assert.deepEqual(alarms(2.1), [id]);
    book.raised(id!, START + 2.1 * MINUTE);
    assert.deepEqual(alarms(3), []);
    assert.deepEqual(alarms(62.2), [id, 'silence']);
  });

  it('forgets a duty that was settled, and alarms one that moved anew', () => {
    report(1, [duty(2)]);
    book.raised(alarms(2)[0]!, START + 2 * MINUTE);
    report(3, [duty(4)]);
    assert.deepEqual(alarms(4), [`due/${incident}/gdpr-33/${at(4)}`]);
    report(5, []);
    assert.deepEqual(alarms(6), []);
  });

  it('keeps to the later of two readings, whichever came first', () => {
    report(2, []);
    report(1, [duty(1)]);
    assert.deepEqual(alarms(3), []);
  });

  it('alarms five minutes of silence, also from the very beginning', () => {
    assert.deepEqual(alarms(4.9), []);
    assert.deepEqual(alarms(5), ['silence']);
    report(6, []);
    assert.deepEqual(alarms(10), []);
    assert.deepEqual(alarms(11), ['silence']);
  });

  it('takes a worker whose engine is away for no sign of the engine, and still learns what is due', () => {
    report(1, []);
    report(5.5, [duty(7)], { isEngineUp: false });
    assert.deepEqual(alarms(6), ['silence']);
    assert.deepEqual(alarms(7), [`due/${incident}/gdpr-33/${at(7)}`, 'silence']);
  });

  it('goes on from its state after a restart', () => {
    report(1, [duty(2)]);
    book.raised(alarms(2)[0]!, START + 2 * MINUTE);
    book = new DueBook(JSON.parse(JSON.stringify(book.state)), 5 * MINUTE);
    assert.deepEqual(alarms(3), []);
    assert.deepEqual(alarms(6), ['silence']);
  });
});
