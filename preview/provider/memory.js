// What the provider remembers, until it ends. Its own in-memory store forgets the oldest of a thousand things, and a
// hundred people who sign in make more than that.

const kept = new Map();

export class Memory {
  constructor(kind) {
    this.kind = kind;
  }

  async upsert(id, payload) {
    kept.set(this.#key(id), payload);
    if (payload.uid) kept.set(this.#key(`uid ${payload.uid}`), payload);
  }

  async find(id) {
    return kept.get(this.#key(id));
  }

  async findByUid(uid) {
    return kept.get(this.#key(`uid ${uid}`));
  }

  async consume(id) {
    kept.get(this.#key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    const payload = kept.get(this.#key(id));
    kept.delete(this.#key(id));
    if (payload?.uid) kept.delete(this.#key(`uid ${payload.uid}`));
  }

  async revokeByGrantId(grantId) {
    const ours = this.#key("");
    for (const [key, payload] of kept) if (key.startsWith(ours) && payload.grantId === grantId) kept.delete(key);
  }

  #key(id) {
    return `${this.kind} ${id}`;
  }
}
