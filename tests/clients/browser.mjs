// A browser's own EventSource and WebSocket, in a page of another origin: tickets, CORS, and resuming by itself.

import assert from "node:assert/strict";
import net from "node:net";
import { chromium } from "playwright-core";

const { EDGE, TOKEN, TENANT, ENV, CHROMIUM, PAGE, FOREIGN_PAGE } = process.env;
const edge = new URL(EDGE);

/** A way to the edge that can be cut. */
const open = new Set();
const proxy = net.createServer((from) => {
  const to = net.connect(edge.port, edge.hostname);
  for (const [here, there] of [[from, to], [to, from]]) {
    open.add(here);
    here.on("error", () => there.destroy()).on("close", () => (open.delete(here), there.destroy()));
    here.pipe(there);
  }
});
await new Promise((listening) => proxy.listen(0, "127.0.0.1", listening));
const way = `http://127.0.0.1:${proxy.address().port}`;
const cut = () => open.forEach((socket) => socket.destroy());

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const page = await (await browser.newContext()).newPage();
await page.goto(PAGE);
const names = { way, TOKEN, TENANT, ENV };

// What the page knows: asking with a token, a ticket, and waiting.
await page.evaluate(({ way, TOKEN, TENANT, ENV }) => {
  const headers = { Authorization: `Bearer ${TOKEN}`, "X-Tenant-Id": TENANT, "X-Env": ENV, "Content-Type": "application/json" };
  window.post = async (path, body) => {
    const answer = await fetch(way + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok || !answer.headers.get("x-request-id")) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  };
  window.ticket = async (scope) => (await post("/tickets", { scope })).ticket;
  window.until = async (what, holds) => {
    for (let tries = 0; tries < 1000; tries++) {
      if (holds()) return;
      await new Promise((later) => setTimeout(later, 20));
    }
    throw new Error(`not in time: ${what}`);
  };
  window.commit = (base_rev) => {
    const id = crypto.randomUUID?.() ?? "00000000-0000-4000-8000-" + String(Date.now()).padStart(12, "0");
    const op = { op: "add_atom", atom_id: `a${base_rev}`, parent_id: null, index: 0, kind: "text", tokens: {} };
    return post("/canvas/page/commands", { v: 1, command_id: id, idempotency_key: id, base_rev, ops: [op] });
  };
}, names);

// EventSource: the stream opens by a ticket, and opens again by itself, without losing anything.
await page.evaluate(async (way) => {
  const home = { workspace_id: "w", project_id: "p", app_id: "a", surface_id: "s" };
  await post("/canvas", { ...home, canvas_id: "page" });
  await post("/threads", { ...home, thread_id: "page" });
  window.hellos = [];
  window.revs = [];
  const source = new EventSource(`${way}/sse/canvas/page?ticket=${await ticket("/sse/canvas/page")}`);
  source.addEventListener("hello", (event) => hellos.push(JSON.parse(event.data)));
  source.addEventListener("canvas_commit", (event) => revs.push(JSON.parse(event.data).data.rev));
  await until("hello", () => hellos.length === 1);
  await commit(0);
  await until("the first commit", () => revs.length === 1);
}, way);
cut();
const seen = await page.evaluate(async () => {
  await commit(1);
  await until("another hello and the second commit", () => hellos.length > 1 && revs.length > 1);
  await commit(2);
  await until("the third commit", () => revs.length > 2);
  return { revs, resumed: hellos.slice(1).map((hello) => hello.resumed), reasons: hellos.map((hello) => hello.reason) };
});
assert.deepEqual(seen.revs, [1, 2, 3], "each once");
assert.ok(seen.resumed.every((resumed) => resumed), JSON.stringify(seen));

// WebSocket: the ticket goes as a subprotocol.
const chat = await page.evaluate(async (way) => {
  const url = `${way.replace("http", "ws")}/ws`;
  const socket = new WebSocket(url, ["northstar.v1", `ticket.${await ticket("/ws")}`]);
  const frames = [];
  socket.onmessage = (event) => frames.push(JSON.parse(event.data));
  const answered = (id) => until(`the answer to ${id}`, () => frames.some((frame) => frame.id === id));
  const ask = (frame) => (socket.send(JSON.stringify(frame)), answered(frame.id));
  await new Promise((opened, failed) => ((socket.onopen = opened), (socket.onerror = () => failed(new Error("refused")))));
  await ask({ id: "1", type: "subscribe", thread_id: "page" });
  await ask({ id: "2", type: "publish", thread_id: "page", event: "chat_message", data: { text: "Hi" }, idempotency_key: "hi" });
  await until("what was said", () => frames.some((frame) => frame.type === "chat_message"));
  socket.close();
  return { protocol: socket.protocol, types: frames.map((frame) => frame.type).sort() };
}, way);
assert.deepEqual(chat, { protocol: "northstar.v1", types: ["ack", "chat_message", "subscribed"] });

// A page of an origin that is not known gets nowhere, though it has the token and a ticket.
const stolen = await page.evaluate(() => Promise.all([ticket("/sse/canvas/page"), ticket("/ws")]));
await page.goto(FOREIGN_PAGE);
const foreign = await page.evaluate(async ({ way, TOKEN, TENANT, ENV, stolen: [forSse, forWs] }) => {
  const opens = (stream) => new Promise((done) => ((stream.onopen = () => done(true)), (stream.onerror = () => done(false))));
  const headers = { Authorization: `Bearer ${TOKEN}`, "X-Tenant-Id": TENANT, "X-Env": ENV };
  return {
    fetch: await fetch(`${way}/canvas/page`, { headers }).then(() => true, () => false),
    sse: await opens(new EventSource(`${way}/sse/canvas/page?ticket=${forSse}`)),
    ws: await opens(new WebSocket(`${way.replace("http", "ws")}/ws`, ["northstar.v1", `ticket.${forWs}`])),
  };
}, { ...names, stolen });
assert.deepEqual(foreign, { fetch: false, sse: false, ws: false });

await browser.close();
proxy.close();
cut();
