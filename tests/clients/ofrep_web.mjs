// OpenFeature's web SDK with its official OFREP provider, as their makers ship them: it asks for all flags, again and again, and
// says when they changed.

import assert from "node:assert/strict";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

const { EDGE, TOKEN, TENANT, ENV } = process.env;
const headers = [["Authorization", `Bearer ${TOKEN}`], ["X-Tenant-Id", TENANT], ["X-Env", ENV]];

const statuses = [];
let onStatus = () => {};
async function fetchImplementation(request) {
  const answer = await fetch(request);
  statuses.push(answer.status);
  onStatus(answer.status);
  return answer;
}

async function set(flags) {
  const headersOfJson = [...headers, ["Content-Type", "application/json"]];
  const body = JSON.stringify({ flags });
  const answer = await fetch(`${EDGE}/feature-flags`, { method: "PUT", headers: headersOfJson, body });
  assert.equal(answer.status, 200, await answer.text());
}

// Outside a browser there is nothing to keep flags in from page to page.
const provider = new OFREPWebProvider({ baseUrl: EDGE, headers, fetchImplementation, pollInterval: 50, cacheMode: "disabled" });
const context = { targetingKey: "somebody", tenant_id: "t_system" };
await OpenFeature.setProviderAndWait(provider, context);
const flags = OpenFeature.getClient();

assert.equal(flags.getBooleanValue("sse_enabled", false), true);
assert.equal(flags.getStringValue("replay_mode", "nothing"), "live");
assert.equal(flags.getBooleanDetails("paint", true).errorCode, "FLAG_NOT_FOUND");

const unchanged = new Promise((resolve) => (onStatus = (status) => status === 304 && resolve()));
await unchanged;
assert.equal(flags.getStringValue("replay_mode", "nothing"), "live", "304 keeps what is held");

const changed = new Promise((resolve) => flags.addHandler(ProviderEvents.ConfigurationChanged, resolve));
await set({ replay_mode: "auto" });
const { flagsChanged } = await changed;
assert.deepEqual(flagsChanged, ["replay_mode"]);
const details = flags.getStringDetails("replay_mode", "nothing");
assert.deepEqual([details.value, details.variant, details.reason, details.flagMetadata.source], ["auto", "auto", "STATIC", "tenant"]);
assert.deepEqual([...new Set(statuses)].sort(), [200, 304]);

await OpenFeature.close();
