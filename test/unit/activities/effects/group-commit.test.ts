import assert from 'node:assert/strict';
import { GroupCommit } from '../../../../activities/effects/group-commit.ts';

function recording(): { readonly groups: number[][]; readonly commit: (items: readonly number[]) => Promise<number> } {
  const groups: number[][] = [];
  return {
    groups,
    commit: async (items) => {
      groups.push([...items]);
      await new Promise(setImmediate);
      return groups.length;
    },
  };
}

describe('GroupCommit', () => {
  it('commits together what is asked for at about the same time', async () => {
    const { groups, commit } = recording();
    const group = new GroupCommit(commit);
    assert.deepEqual(await Promise.all([group.add([1]), group.add([2, 3]), group.add([4])]), [1, 1, 1]);
    assert.deepEqual(groups, [[1, 2, 3, 4]]);
  });

  it('collects what comes in while a commit is under way', async () => {
    const groups: number[][] = [];
    const later: Promise<unknown>[] = [];
    const group = new GroupCommit<number, undefined>(async (items) => {
      groups.push([...items]);
      if (groups.length === 1) {
        later.push(group.add([2]));
        await new Promise(setImmediate);
        later.push(group.add([3]));
      }
      return undefined;
    });
    await group.add([1]);
    await Promise.all(later);
    assert.deepEqual(groups, [[1], [2, 3]]);
  });

  it('keeps a group at 500 items, and never splits a caller', async () => {
    const { groups, commit } = recording();
    const group = new GroupCommit(commit);
    const some = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
    await Promise.all([group.add(some(300)), group.add(some(300)), group.add(some(700)), group.add(some(1))]);
    assert.deepEqual(
      groups.map((items) => items.length),
      [300, 300, 700, 1],
    );
  });

  it('fails all callers of a group and none of the next', async () => {
    let isFirst = true;
    const group = new GroupCommit<number, string>(async () => {
      if (!isFirst) return 'done';
      isFirst = false;
      throw new Error('down');
    });
    const [one, two] = await Promise.allSettled([group.add([1]), group.add([2])]);
    assert.deepEqual([one.status, two.status], ['rejected', 'rejected']);
    assert.equal(await group.add([3]), 'done');
  });
});
