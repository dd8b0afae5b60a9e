import { expect, test } from "vitest";
import { streamAnswer } from "./answers";
import type { Answer, Question } from "./types";

const question: Question = { prompt: "lamp?" };

/** A server that says these events, in pieces that end in the middle of a character. */
function serverSaying(...events: [string, unknown][]): typeof globalThis.fetch {
  const bytes = new TextEncoder().encode(
    events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(""),
  );
  return async () =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7));
          controller.close();
        },
      }),
    );
}

const read = async (fetch: typeof globalThis.fetch, signal = new AbortController().signal) => {
  const pieces: string[] = [];
  const answer = await streamAnswer(fetch, question, (piece) => pieces.push(piece), signal);
  return { pieces, answer };
};

test("pieces come one by one, and then the whole answer", async () => {
  const server = serverSaying(
    ["piece", { text: "Größer" }],
    ["piece", { text: " als" }],
    ["answer", { text: "Größer als" }],
  );
  expect(await read(server)).toEqual({ pieces: ["Größer", " als"], answer: { text: "Größer als" } as Answer });
});

test("a failure on the way is the failure of the answer", async () => {
  const problem = { code: "internal", message: "the adapter is gone", hint: "train again" };
  const asked = read(serverSaying(["piece", { text: "Gr" }], ["problem", problem]));
  await expect(asked).rejects.toMatchObject(problem);
});

test("a refusal is told with its field", async () => {
  const problem = { code: "invalid", message: "topK 0 is not possible", hint: null, field: "topK" };
  const refusing: typeof globalThis.fetch = async () => Response.json(problem, { status: 422 });
  await expect(read(refusing)).rejects.toMatchObject(problem);
});

test("a stream that breaks off is no answer", async () => {
  await expect(read(serverSaying(["piece", { text: "Gr" }]))).rejects.toMatchObject({ code: "unreachable" });
});

test("whoever stops an answer gets no failure of the network", async () => {
  const stopped = new AbortController();
  stopped.abort();
  const aborting: typeof globalThis.fetch = async (_, init) => {
    throw init?.signal?.reason;
  };
  await expect(read(aborting, stopped.signal)).rejects.toMatchObject({ name: "AbortError" });
});
