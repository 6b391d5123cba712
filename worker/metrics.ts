import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

const SECONDS_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30, 60]; // quick activities take milliseconds, a page up to 30 s
const SCRAPE_WITHIN_MS = 2_000;

/** A worker's metrics: its process, its activities by code, and those of the Temporal SDK. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #seconds: Histogram;
  readonly #failures: Counter;
  readonly #sdk: string;

  /** @param sdk - `host:port` where the SDK serves its own metrics, on loopback. */
  constructor(sdk: string) {
    this.#sdk = sdk;
    collectDefaultMetrics({ register: this.#registry, prefix: 'firebreak_' });
    this.#seconds = new Histogram({
      name: 'firebreak_activity_seconds',
      help: 'Time of activities by type',
      labelNames: ['activity'],
      buckets: SECONDS_BUCKETS,
      registers: [this.#registry],
    });
    this.#failures = new Counter({
      name: 'firebreak_activity_failures_total',
      help: 'Failed attempts of activities by type and error code',
      labelNames: ['activity', 'code'],
      registers: [this.#registry],
    });
  }

  /** One attempt of an activity ended. @param code - error code of a failed one. */
  observe(activity: string, seconds: number, code: string | undefined): void {
    this.#seconds.observe({ activity }, seconds);
    if (code !== undefined) this.#failures.inc({ activity, code });
  }

  /** Everything in Prometheus text format; the SDK's part is left out when it does not answer. */
  async text(): Promise<{ readonly type: string; readonly body: string }> {
    const sdk = await fetch(`http://${this.#sdk}/metrics`, { signal: AbortSignal.timeout(SCRAPE_WITHIN_MS) }).then(
      (answer) => answer.text(),
      () => '',
    );
    return { type: this.#registry.contentType, body: `${await this.#registry.metrics()}\n${sdk}` };
  }
}
