import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILLER = 'filler';
const PIECE_BYTES = 64 * 1024;

/** A disk of a given size that can be full. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills what is left. */
  fill(): void;
  /** Gives the space back. */
  free(): void;
  /** Takes the disk away. */
  close(): void;
}

/** Why this machine cannot have a small disk; `undefined` where it can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount a tmpfs';
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-disk-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (status === 0) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return status === 0 ? undefined : `mount says: ${stderr.trim()}`;
}

/** Mounts a tmpfs. @param megabytes - its size. @throws Error where {@link whyNoSmallDisk} says why. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-disk-'));
  const options = `size=${megabytes}m,mode=0711`;
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`no tmpfs: ${stderr.trim()}`);
  let fillers = 0;
  return {
    folder,
    fill: () => {
      while (statfsSync(folder).bavail > 0) {
        fillers += 1;
        try {
          writeFileSync(join(folder, `${FILLER}-${fillers}`), Buffer.alloc(PIECE_BYTES, 1));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          return;
        }
      }
    },
    free: () => {
      for (; fillers > 0; fillers -= 1) unlinkSync(join(folder, `${FILLER}-${fillers}`));
    },
    close: () => {
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
