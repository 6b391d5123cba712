import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { offlineLineText } from '../../../contracts/hand-records.ts';
import type { JournalDraft } from '../../../contracts/journal.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import { recordByHand } from '../../../gateway/hand-records.ts';
import type { DocumentMeta } from '../../../ledger/ports.ts';
import { INCIDENT, standDeps } from './stand.ts';

const AT = '2026-05-04T10:00:00Z';
const casey = { id: 'casey', isMachine: false, roles: ['commander'], key: { name: 'casey', sha256: '' } };
const priya = { ...casey, id: 'priya', roles: ['privacy'] };

/** The stand with documents and a journal in memory. */
function house(): { deps: GatewayDeps; journal: JournalDraft[]; documents: (DocumentMeta & { text: string })[] } {
  const journal: JournalDraft[] = [];
  const documents: (DocumentMeta & { text: string })[] = [];
  const { ledger, ...rest } = standDeps();
  const kept = {
    ...ledger.documents,
    list: () => Promise.resolve(documents),
    put: (_incident: string, { name, body }: { name: string; body: Buffer }) => {
      const digest = createHash('sha256').update(body).digest('hex');
      const known = documents.find((document) => document.digest === digest);
      const document = { id: `d${documents.length}`, name, digest, bytes: body.length, text: body.toString('utf8') };
      if (!known) documents.push(document as unknown as (typeof documents)[number]);
      return Promise.resolve(known ?? document);
    },
  };
  const append = (_incident: string, drafts: readonly JournalDraft[]): Promise<void> => {
    for (const draft of drafts) if (!journal.some(({ key }) => key === draft.key)) journal.push(draft);
    return Promise.resolve();
  };
  const more = { documents: kept, journal: { ...ledger.journal, append } } as unknown as Partial<typeof ledger>;
  return { deps: { ...rest, ledger: { ...ledger, ...more } }, journal, documents };
}

function entryOf(record: { text: string; at: string; by: string }) {
  const place = { prev: '0'.repeat(64), writtenAt: AT };
  return {
    ...place,
    hash: createHash('sha256')
      .update(offlineLineText(INCIDENT, record, place))
      .digest('hex'),
  };
}

describe('recordByHand', () => {
  it('seals the words and what they name, and puts on record the rest', async () => {
    const { deps, journal, documents } = house();
    const evidence = { name: 'list of customers.csv', sha256: 'e'.repeat(64), bytes: 3 };
    const body = { text: 'called Jo Doe', at: AT, by: 'Jo Doe', count: 2, evidence };
    const { isNew } = await recordByHand(deps, { identity: casey, key: 'k1' }, INCIDENT, body);
    assert.equal(isNew, true);
    assert.deepEqual(JSON.parse(documents[0]!.text), body);
    const said = JSON.stringify(journal);
    for (const word of ['Jo Doe', 'customers']) assert.ok(!said.includes(word), word);
    assert.deepEqual(
      [journal[0]!.actor, journal[0]!.body['by'], journal[0]!.body['count']],
      ['casey', 'not listed', 2],
    );
  });

  it('is one record however often it is said, and refuses the key for something else', async () => {
    const { deps, journal } = house();
    const say = (text: string) => recordByHand(deps, { identity: casey, key: 'k1' }, INCIDENT, { text, at: AT });
    assert.deepEqual([(await say('a')).isNew, (await say('a')).isNew], [true, false]);
    await assert.rejects(say('b'), { code: 'INCIDENT_KEY_REUSED' });
    assert.equal(journal.length, 1);
  });

  it('is one record of an offline line, whoever brings it in', async () => {
    const { deps, journal } = house();
    const record = { text: 'shut the door', at: AT, by: 'priya' };
    const body = { ...record, entry: entryOf(record) };
    const first = await recordByHand(deps, { identity: casey, key: 'k1' }, INCIDENT, body);
    const second = await recordByHand(deps, { identity: priya, key: 'k2' }, INCIDENT, body);
    assert.deepEqual([first.isNew, second.isNew, journal.length], [true, false, 1]);
    assert.equal(journal[0]!.body['entry'], body.entry.hash);
  });

  const record = { text: 'shut the door', at: AT, by: 'priya' };
  const token = ['hf', 'z'.repeat(34)].join('_');
  const refused: readonly (readonly [string, object, string])[] = [
    ['no words', { at: AT }, 'GATEWAY_BODY_INVALID'],
    ['no time', { text: 'x' }, 'GATEWAY_BODY_INVALID'],
    ['a time that is none', { text: 'x', at: 'yesterday' }, 'GATEWAY_BODY_INVALID'],
    ['a time ahead', { text: 'x', at: '2199-01-01T00:00:00Z' }, 'GATEWAY_BODY_INVALID'],
    ['a credential in the words', { text: token, at: AT }, 'GATEWAY_SECRET_IN_TEXT'],
    ['a credential in the name of a file', { text: 'x', at: AT, evidence: { name: token } }, 'GATEWAY_SECRET_IN_TEXT'],
    ['a subject and a count', { text: 'x', at: AT, subject: 'a'.repeat(32), count: 1 }, 'GATEWAY_BODY_INVALID'],
    ['an address as a subject', { text: 'x', at: AT, subject: 'jo@example.org' }, 'GATEWAY_BODY_INVALID'],
    ['a count that is none', { text: 'x', at: AT, count: 1.5 }, 'GATEWAY_BODY_INVALID'],
    ['a step that can be none', { text: 'x', at: AT, step: '../x' }, 'STEP_UNKNOWN'],
    ['a member that it does not have', { text: 'x', at: AT, state: 'done' }, 'GATEWAY_BODY_INVALID'],
    ['a line that is not what was written', { ...record, text: 'y', entry: entryOf(record) }, 'GATEWAY_BODY_INVALID'],
  ];
  for (const [what, body, code] of refused)
    it(`refuses ${what}, and keeps nothing`, async () => {
      const { deps, journal, documents } = house();
      await assert.rejects(recordByHand(deps, { identity: casey, key: 'k1' }, INCIDENT, body), { code });
      assert.deepEqual([journal, documents], [[], []]);
    });
});
