// What is typed into a field, as the API wants it.

/** How a setting is asked for. */
export type Kind = "switch" | "choice" | "number" | "file" | "folder";

/** The value to send, or the problem with what was typed. */
export type Sent = { value: boolean | number | string | null } | { problem: "noNumber" };

export function toSend(kind: Kind, draft: unknown): Sent {
  if (kind === "switch") return { value: draft === true };
  const text = String(draft ?? "").trim();
  if (kind === "number") {
    // An empty field is no zero.
    const value = text === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? { value } : { problem: "noNumber" };
  }
  // A path that is taken away is cleared; a choice always has a value.
  return { value: text === "" && kind !== "choice" ? null : text };
}

/** Whether sending the draft would change anything. */
export function isChange(kind: Kind, draft: unknown, value: unknown): boolean {
  const sent = toSend(kind, draft);
  return "problem" in sent || sent.value !== (value ?? null);
}
