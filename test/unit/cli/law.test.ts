import assert from 'node:assert/strict';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedTerminal } from './scripted-terminal.ts';
import type { Answer } from '../../../obligations/law/law.ts';

const FACTS = `
people: { maria: [privacy] }
facts:
  roles: [controller]
  euEstablished: true
  personalDataBreach: { value: true, by: maria, at: '2026-11-23T10:00:00Z' }
  riskToPeople: { value: risk, by: maria, at: '2026-11-23T10:00:00Z' }
  awareAt: { value: { at: '2026-11-23T11:00:00', zone: Europe/Berlin }, by: maria, at: '2026-11-23T10:05:00Z' }
contracts:
  - { id: hospital, with: Example Hospital, clause: '7.2', covers: any_incident, start: awareAt, n: 24, unit: hours, from: '2025-01-01' }
`;

async function law(args: readonly string[], input = FACTS): Promise<{ code: number; out: string; warned: string }> {
  const terminal = scriptedTerminal({ input });
  const code = await runCli(['law', ...args], terminal, '0.0.0');
  return { code, out: terminal.written(), warned: terminal.warned() };
}

describe('firebreak law', () => {
  it('assesses facts without any gateway, and prints the shape that programs read', async () => {
    const { code, out } = await law(['assess', '--facts', '-', '--at', '2026-11-24T09:00:00Z', '--json']);
    assert.equal(code, 0);
    const { assessments, problems } = JSON.parse(out) as Answer;
    assert.deepEqual(problems, []);
    const { result, dueAt, provisional, reasons, missingFacts, sources } = assessments.find(
      ({ id }) => id === 'eu.gdpr.art33',
    )!;
    assert.deepEqual(
      { result, dueAt, provisional },
      { result: 'required', dueAt: '2026-11-26T10:00:00.000Z', provisional: true },
    );
    assert.ok(reasons.length > 0);
    assert.deepEqual([missingFacts, sources], [[], ['F:S1']]);
    assert.ok(assessments.some(({ id }) => id === 'contract.hospital'));
  });

  it('prints for people what is required first, with its due time and how sure it is', async () => {
    const { out } = await law(['assess', '--facts', '-', '--at', '2026-11-24T09:00:00Z']);
    assert.match(
      out,
      /REQUIRED\n {2}eu\.gdpr\.art33: .*\n {4}due 2026-11-26 10:00 UTC \(provisional\); found, unreviewed/,
    );
    assert.match(out, /Not legal advice/);
  });

  it('tells what is wrong in the facts, and whom to ask', async () => {
    const { out } = await law(['assess', '--facts', '-', '--at', '2026-11-24T09:00:00Z'], 'facts: { moonPhase: 1 }');
    assert.match(out, /WRONG IN THE FACTS\n {2}\[LAW_FACT_UNKNOWN\] moonPhase .*ask operator/);
  });

  it('asks the open questions', async () => {
    const { out } = await law(
      ['ask', '--facts', '-', '--at', '2026-11-24T09:00:00Z', '--json'],
      'facts: { roles: [controller] }',
    );
    const { questions } = JSON.parse(out) as { questions: readonly { readonly ask: string }[] };
    assert.ok(questions.length > 3 && questions.every(({ ask }) => ask !== ''));
  });

  it('reckons the clock of a duty', async () => {
    const { out } = await law(['clock', 'eu.gdpr.art33', '--from', '2026-10-23T14:20:00+02:00', '--json']);
    assert.equal(JSON.parse(out).phases[0].dueAt, '2026-10-26T12:20:00.000Z');
  });

  it('explains a record with the source of everything', async () => {
    const { out } = await law(['explain', 'us.sec.8k.1-05']);
    assert.match(out, /4 business days by calendar us-sec until 17:30 \[F:S12\]/);
    assert.match(out, /unreviewed: may warn, never reassure/);
  });

  it('lists the catalogue', async () => {
    const { out } = await law(['catalogue', '--json']);
    assert.ok(JSON.parse(out).records.length > 100);
  });

  for (const [args, code] of [
    [['explain', 'eu.moon'], 'LAW_RECORD_UNKNOWN'],
    [['clock', 'eu.cra.art14-1', '--from', '2026-09-10T10:00:00Z'], 'LAW_RECORD_EXPIRED'],
    [['clock', 'eu.gdpr.art33', '--from', 'yesterday'], 'OBLIGATION_INSTANT_INVALID'],
    [['assess', '--facts', '/nowhere/facts.yaml'], 'CLI_USAGE'],
  ] as const)
    it(`refuses law ${args.join(' ')} with ${code}`, async () => {
      const { code: exit, warned } = await law(args);
      assert.notEqual(exit, 0);
      assert.match(warned, new RegExp(`^\\[${code}\\]`));
    });
});
