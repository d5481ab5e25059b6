// The WebSocket client of Node's world, `ws`, as its makers ship it: subscribes, publishes, and resumes on another edge.

import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";

const { EDGE, OTHER_EDGE, TOKEN, TENANT, ENV } = process.env;
const headers = { Authorization: `Bearer ${TOKEN}`, "X-Tenant-Id": TENANT, "X-Env": ENV };
const home = { workspace_id: "w", project_id: "p", app_id: "a", surface_id: "s" };
const thread_id = `t-${Date.now()}`;

/** An open socket that gives its frames one by one. */
class Socket {
  #frames = [];
  #wakes = [];

  static async open(edge) {
    const socket = new Socket();
    socket.inner = new WebSocket(`${edge.replace("http", "ws")}/ws`, { headers });
    socket.inner.on("message", (data, isBinary) => {
      assert.equal(isBinary, false);
      socket.#frames.push(JSON.parse(data));
      socket.#wakes.shift()?.();
    });
    await once(socket.inner, "open");
    return socket;
  }

  async next() {
    while (this.#frames.length === 0) await new Promise((wake) => this.#wakes.push(wake));
    return this.#frames.shift();
  }

  /** Sends a frame, and gives what comes up to its answer, and the answer. */
  async ask(frame) {
    this.inner.send(JSON.stringify(frame));
    const before = [];
    for (;;) {
      const said = await this.next();
      if (said.id === frame.id && said.v === undefined) return { before, answer: said };
      before.push(said);
    }
  }

  async close() {
    this.inner.close(1000);
    await once(this.inner, "close");
  }
}

async function post(path, body) {
  const sent = { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`${EDGE}${path}`, sent);
  assert.ok(answer.ok, await answer.text());
}

const say = (id, text) => ({ id, type: "publish", thread_id, event: "chat_message", data: { text }, idempotency_key: text });

await post("/threads", { ...home, thread_id });
const first = await Socket.open(EDGE);
const subscribed = (await first.ask({ id: "s", type: "subscribe", thread_id, cursor: null })).answer;
assert.deepEqual([subscribed.type, subscribed.thread_id], ["subscribed", thread_id]);
assert.equal((await first.ask({ id: "p", type: "ping" })).answer.type, "pong");
assert.equal((await first.ask({ id: "x", type: "subscribe", thread_id: "of-nobody" })).answer.code, "NOT_FOUND");

const said = await first.ask(say("1", "one"));
const event = said.before[0] ?? (await first.next());
assert.deepEqual([event.type, event.seq, event.data.text, said.answer.type], ["chat_message", 1, "one", "ack"]);
assert.deepEqual((await first.ask({ ...say("1", "one") })).answer.seq, said.answer.seq, "a repeat is the same");
await first.close();

const writer = await Socket.open(EDGE);
for (const text of ["two", "three"]) assert.equal((await writer.ask(say(text, text))).answer.type, "ack");
await writer.close();

const second = await Socket.open(OTHER_EDGE);
const resumed = (await second.ask({ id: "s", type: "subscribe", thread_id, cursor: event.meta.cursor })).answer;
assert.equal(resumed.resumed, true);
for (const [seq, text] of [[2, "two"], [3, "three"]]) {
  const missed = await second.next();
  assert.deepEqual([missed.seq, missed.data.text], [seq, text]);
}
assert.deepEqual((await second.ask({ id: "p", type: "ping" })).before, [], "none twice");
await second.close();
