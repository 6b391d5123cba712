import assert from 'node:assert/strict';
import type { DocumentEntry } from '../../../contracts/api.ts';
import type { Digest } from '../../../contracts/ids.ts';
import { INCIDENT, PEOPLE, ask, standDeps } from './stand.ts';

function entry(id: string, privilege: 'none' | 'counsel'): DocumentEntry {
  return {
    ...{ id, name: `${id}.md`, mediaType: 'text/markdown', digest: 'a'.repeat(64) as Digest, bytes: 2 },
    ...{ createdAt: '2026-05-04T10:00:00.000Z', createdBy: 'omar' },
    handling: { tlp: 'RED', privilege, audience: 'response' },
  };
}

const stored = [entry('report', 'none'), entry('legal-analysis', 'counsel')];
const { ledger } = standDeps();
const deps = standDeps({
  ledger: {
    ...ledger,
    documents: {
      ...ledger.documents,
      get: (_incident, id) => {
        const meta = stored.find((one) => one.id === id);
        return Promise.resolve(meta && { meta, body: Buffer.from('hi') });
      },
    },
    pages: {
      ...ledger.pages,
      documents: (_incident, { lane }) =>
        Promise.resolve(
          stored
            .filter(({ handling }) => lane === 'all' || handling.privilege === 'none')
            .map((row) => ({ row, position: [row.createdAt, row.id] })),
        ),
    },
  },
});

describe('isHiddenFrom', () => {
  for (const { id, roles } of PEOPLE) {
    const isCounsel = roles.includes('counsel');

    it(`${isCounsel ? 'shows' : 'hides'} what counsel keeps ${isCounsel ? 'to' : 'from'} ${roles.join()}`, async () => {
      const at = `/v1/incidents/${INCIDENT}/documents`;
      const { text } = await ask(deps, { method: 'GET', url: at, as: id });
      assert.equal(text.includes('legal-analysis'), isCounsel);
      assert.ok(text.includes('report.md'));
      const one = await ask(deps, { method: 'GET', url: `${at}/legal-analysis`, as: id });
      assert.equal(one.status, isCounsel ? 200 : 404);
      const none = await ask(deps, { method: 'GET', url: `${at}/not-there`, as: id });
      if (!isCounsel) assert.equal(one.json.detail, none.json.detail, 'nobody learns that it is there');
    });
  }
});
