import { beforeEach, expect, test } from "vitest";
import { type Bridge, type Frame, fetchOverBridge } from "./bridge";

/** The Rust side, played by the test: it records what was asked and sends frames when told to. */
class FakeWindow {
  requests: { head: Record<string, unknown>; body: string }[] = [];
  aborted: unknown[] = [];
  send: (frame: Frame) => void = () => undefined;
  refuse: ((reason: string) => void) | undefined;

  readonly bridge: Bridge = {
    openChannel: (onFrame) => {
      this.send = onFrame;
      return { toJSON: () => "__CHANNEL__:7" };
    },
    invoke: (command, payload, options) => {
      if (command === "abort_request") {
        this.aborted.push((payload as { requestId: number }).requestId);
        return Promise.resolve(null);
      }
      const head = JSON.parse(decodeURIComponent(options?.headers["attune-request"] ?? ""));
      this.requests.push({ head, body: new TextDecoder().decode(payload as Uint8Array) });
      return new Promise((_, reject) => {
        this.refuse = reject;
      });
    },
  };

  sendHead(status = 200) {
    this.send({ kind: "head", status, headers: [["content-type", "text/plain"]] });
  }

  sendText(text: string) {
    this.send(new TextEncoder().encode(text).buffer);
  }
}

const ADDRESS = "http://attune.local/api/v1/runs?limit=50";
let rust: FakeWindow;
let bridged: typeof fetch;

beforeEach(() => {
  rust = new FakeWindow();
  bridged = fetchOverBridge(rust.bridge);
});

/** The request is on its way once its body has been read, which takes a few turns of the loop. */
async function asked() {
  while (rust.requests.length === 0) await new Promise((turn) => setTimeout(turn));
}

test("a request travels as its body and one ASCII header", async () => {
  void bridged(ADDRESS, {
    method: "POST",
    body: '{"prompt":"Grüße"}',
    headers: { "content-type": "application/json" },
  });
  await asked();
  expect(rust.requests[0]).toMatchObject({
    body: '{"prompt":"Grüße"}',
    head: {
      method: "POST",
      path: "/api/v1/runs?limit=50",
      headers: [["content-type", "application/json"]],
      requestId: expect.any(Number),
      channel: "__CHANNEL__:7",
    },
  });
});

test("the head resolves to a Response before the body has come", async () => {
  const answer = bridged(ADDRESS);
  await asked();
  rust.sendHead(422);
  const response = await answer;
  expect([response.status, response.ok, response.headers.get("content-type")]).toEqual([422, false, "text/plain"]);
});

test("chunks stream in order until the end", async () => {
  const answer = bridged(ADDRESS);
  await asked();
  rust.sendHead();
  rust.sendText("one ");
  const reader = (await answer).body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(await reader?.read()).toEqual({ done: false, value: "one " });
  rust.sendText("two");
  rust.send({ kind: "end" });
  expect(await reader?.read()).toEqual({ done: false, value: "two" });
  expect((await reader?.read())?.done).toBe(true);
});

test("an answer without any chunk is an empty body", async () => {
  const answer = bridged(ADDRESS);
  await asked();
  rust.sendHead();
  rust.send({ kind: "end" });
  expect(await (await answer).text()).toBe("");
});

test("a status that allows no body has none", async () => {
  const answer = bridged(ADDRESS);
  await asked();
  rust.sendHead(204);
  rust.send({ kind: "end" });
  expect((await answer).body).toBeNull();
});

test("a failure before the head rejects the fetch", async () => {
  const answer = bridged(ADDRESS);
  await asked();
  rust.send({ kind: "failed", message: "the engine stopped" });
  await expect(answer).rejects.toThrow("the engine stopped");
});

test("a failure in the middle breaks the body", async () => {
  const answer = bridged(ADDRESS);
  await asked();
  rust.sendHead();
  rust.sendText("half");
  rust.send({ kind: "failed", message: "the stream broke" });
  await expect((await answer).text()).rejects.toThrow("the stream broke");
});

test("a request that the window cannot understand rejects the fetch", async () => {
  const answer = bridged(ADDRESS);
  await asked();
  rust.refuse?.("attune-request is missing");
  await expect(answer).rejects.toThrow("attune-request is missing");
});

test("an abort while waiting drops the request on the other side", async () => {
  const abort = new AbortController();
  const answer = bridged(ADDRESS, { signal: abort.signal });
  await asked();
  abort.abort();
  await expect(answer).rejects.toMatchObject({ name: "AbortError" });
  expect(rust.aborted).toEqual([rust.requests[0]?.head.requestId]);
});

test("an abort while streaming breaks the body and late frames do no harm", async () => {
  const abort = new AbortController();
  const answer = bridged(ADDRESS, { signal: abort.signal });
  await asked();
  rust.sendHead();
  const response = await answer;
  abort.abort();
  rust.sendText("late");
  rust.send({ kind: "end" });
  await expect(response.text()).rejects.toMatchObject({ name: "AbortError" });
  expect(rust.aborted).toHaveLength(1);
});

test("an abort before the request is sent sends nothing", async () => {
  await expect(bridged(ADDRESS, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
  expect(rust.requests).toEqual([]);
});

test("a reader that stops reading drops the request", async () => {
  const answer = bridged(ADDRESS);
  await asked();
  rust.sendHead();
  await (await answer).body?.cancel();
  expect(rust.aborted).toHaveLength(1);
});

test("an abort after the end is nobody's business", async () => {
  const abort = new AbortController();
  const answer = bridged(ADDRESS, { signal: abort.signal });
  await asked();
  rust.sendHead();
  rust.send({ kind: "end" });
  await (await answer).text();
  abort.abort();
  expect(rust.aborted).toEqual([]);
});
