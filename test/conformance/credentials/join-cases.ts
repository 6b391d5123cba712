import { credentialCases } from '../../../activities/credentials/connectors/cases.ts';
import type { CredentialBench } from '../../../activities/credentials/connectors/cases.ts';

/** Runs every conformance case whose fault the bench can make; call it inside a `describe`. */
export function joinCases(bench: () => CredentialBench, faults: CredentialBench['faults']): void {
  for (const { name, fault, run } of credentialCases) {
    if (fault === undefined || faults.includes(fault)) {
      it(name, async () => {
        await run(bench());
      });
    }
  }
}
