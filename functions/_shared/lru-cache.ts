/** A bounded cache whose entries expire: the one that was used longest ago makes room for a new one. */
interface Entry<Value> {
  readonly value: Value;
  readonly expiresAt_ms: number;
}

export class LruCache<Value> {
  readonly #maxEntries: number;
  readonly #maxAge_ms: number;
  /** In the order of their last use: a Map keeps the order of insertion. */
  readonly #entries = new Map<string, Entry<Value>>();

  constructor({ maxEntries, maxAge_ms }: { maxEntries: number; maxAge_ms: number }) {
    this.#maxEntries = maxEntries;
    this.#maxAge_ms = maxAge_ms;
  }

  /** Undefined when it was never set, has made room, or has expired. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAt_ms <= Date.now()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** @param expiresAt_ms since 1970; the maximum age ends it sooner */
  set(key: string, value: Value, expiresAt_ms = Infinity): void {
    this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= this.#maxEntries && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { value, expiresAt_ms: Math.min(expiresAt_ms, Date.now() + this.#maxAge_ms) });
  }
}
