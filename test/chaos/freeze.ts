/** Stops a process and lets it go on after a while, as a machine that was suspended. */
export function freeze(pid: number, forMs: number): void {
  process.kill(pid, 'SIGSTOP');
  setTimeout(() => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // it was killed meanwhile
    }
  }, forMs);
}
