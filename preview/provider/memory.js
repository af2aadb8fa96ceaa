// What a provider remembers, until it ends. Its own in-memory store forgets the oldest of a thousand things, and a
// hundred people who sign in make more than that.

export class Memory {
  constructor(kind, kept) {
    this.kind = kind;
    this.kept = kept;
  }

  async upsert(id, payload) {
    this.kept.set(this.#key(id), payload);
    if (payload.uid) this.kept.set(this.#key(`uid ${payload.uid}`), payload);
  }

  async find(id) {
    return this.kept.get(this.#key(id));
  }

  async findByUid(uid) {
    return this.kept.get(this.#key(`uid ${uid}`));
  }

  async consume(id) {
    this.kept.get(this.#key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    const payload = this.kept.get(this.#key(id));
    this.kept.delete(this.#key(id));
    if (payload?.uid) this.kept.delete(this.#key(`uid ${payload.uid}`));
  }

  async revokeByGrantId(grantId) {
    const ours = this.#key("");
    for (const [key, payload] of this.kept) if (key.startsWith(ours) && payload.grantId === grantId) this.kept.delete(key);
  }

  #key(id) {
    return `${this.kind} ${id}`;
  }
}
