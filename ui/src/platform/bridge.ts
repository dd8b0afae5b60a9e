// `fetch` over the window's bridge: one command, one channel of frames, a real `Response`.
//
// Not here: which doors exist, or what a status means. Invariant: frames arrive in order, so the body ends only
// with the `end` frame. The command's own promise may settle while large frames are still on their way.

/** A frame is the head, a piece of the body, or the last word. */
export type Frame =
  | { kind: "head"; status: number; headers: [string, string][] }
  | { kind: "end" }
  | { kind: "failed"; message: string }
  | ArrayBuffer;

/** The part of Tauri's core that the bridge uses; tests bring their own. */
export interface Bridge {
  invoke: (command: string, payload: Uint8Array | Record<string, unknown>, options?: Options) => Promise<unknown>;
  openChannel: (onFrame: (frame: Frame) => void) => { toJSON: () => string };
}

interface Options {
  headers: Record<string, string>;
}

// By the Fetch standard a `Response` with one of these refuses any body, even an empty stream.
const STATUSES_WITHOUT_BODY = [101, 204, 205, 304];

export function fetchOverBridge(bridge: Bridge): typeof globalThis.fetch {
  // A reloaded page starts again here while requests of the old page may still be answered: it must not reuse an id.
  let lastRequestId = Math.floor(Math.random() * 2 ** 30);

  return async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const payload = new Uint8Array(await request.arrayBuffer());
    request.signal.throwIfAborted();
    const { pathname, search } = new URL(request.url);
    lastRequestId += 1;
    const requestId = lastRequestId;

    return new Promise<Response>((resolve, reject) => {
      const exchange = new Exchange(resolve, reject, request.signal, () => {
        // Whoever aborted has gone already; there is nobody to tell if this fails.
        bridge.invoke("abort_request", { requestId }).catch(() => undefined);
      });
      const channel = bridge.openChannel((frame) => exchange.receive(frame));
      const head = {
        method: request.method,
        path: pathname + search,
        headers: [...request.headers],
        requestId,
        channel: channel.toJSON(),
      };
      bridge
        .invoke("api_request", payload, { headers: { "attune-request": encodeURIComponent(JSON.stringify(head)) } })
        .catch((reason) => exchange.fail(new TypeError(String(reason))));
    });
  };
}

/** One request and its answer, from the first frame to the last. */
class Exchange {
  private body: ReadableStreamDefaultController<Uint8Array> | undefined;
  private answered = false;
  private over = false;

  constructor(
    private readonly resolve: (response: Response) => void,
    private readonly reject: (reason: unknown) => void,
    private readonly signal: AbortSignal,
    private readonly tellRustToStop: () => void,
  ) {
    signal.addEventListener("abort", this.onAbort);
  }

  receive(frame: Frame) {
    if (this.over) return;
    if (frame instanceof ArrayBuffer) this.body?.enqueue(new Uint8Array(frame));
    else if (frame.kind === "head") this.answer(frame.status, frame.headers);
    else if (frame.kind === "failed") this.fail(new TypeError(frame.message));
    else this.end();
  }

  fail(reason: unknown) {
    if (this.over) return;
    this.finish();
    if (this.answered) this.body?.error(reason);
    else this.reject(reason);
  }

  private answer(status: number, headers: [string, string][]) {
    this.answered = true;
    const stream = STATUSES_WITHOUT_BODY.includes(status)
      ? null
      : new ReadableStream<Uint8Array<ArrayBuffer>>({
          start: (controller) => {
            this.body = controller;
          },
          cancel: () => this.stop(),
        });
    this.resolve(new Response(stream, { status, headers }));
  }

  private end() {
    if (!this.answered) return this.fail(new TypeError("The answer ended before it began."));
    this.finish();
    this.body?.close();
  }

  private readonly onAbort = () => {
    if (this.over) return;
    this.tellRustToStop();
    this.fail(this.signal.reason);
  };

  private stop() {
    if (this.over) return;
    this.finish();
    this.tellRustToStop();
  }

  private finish() {
    this.over = true;
    this.signal.removeEventListener("abort", this.onAbort);
  }
}
