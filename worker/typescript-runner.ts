import { createRequire } from 'node:module';

/** Arguments for Node that let it run our TypeScript files, from whatever folder it is started in. */
export const RUNS_TYPESCRIPT = ['--import', createRequire(import.meta.url).resolve('tsx')] as const;
