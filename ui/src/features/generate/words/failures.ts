// Words of requests to generators and judges that came to nothing, by the name that Attune counts them under.

export const failures = {
  written: (list: string) => `Requests without a text: ${list}.`,
  judged: (list: string) => `Requests without a verdict of the judge: ${list}.`,
  one: (kind: string, number: string) => `${kind} ${number}`,
  kinds: {
    empty: "empty answers",
    refusal: "refusals",
    timeout: "out of time",
    unreachable: "not reached",
    rate_limited: "asked to wait too long",
    server_failed: "server failed",
    cut_off: "broken off",
    endless: "without an end",
    malformed: "not readable",
    no_verdict: "against the schema",
    reported: "reported by the server",
    request_refused: "request refused",
    key: "key refused",
    keychain: "keychain",
    forbidden: "not allowed",
    not_found: "model not found",
    credit_spent: "credit spent",
    redirected: "sent elsewhere",
  } as Record<string, string>,
};
