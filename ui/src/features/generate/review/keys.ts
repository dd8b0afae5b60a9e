// What a key means while examples are reviewed. Only inside the review: elsewhere letters mean nothing.

export type Act =
  | "next"
  | "previous"
  | "first"
  | "last"
  | "pageDown"
  | "pageUp"
  | "accept"
  | "reject"
  | "edit"
  | "undo";

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const LETTERS: Record<string, Act> = { j: "next", k: "previous", a: "accept", r: "reject", e: "edit", u: "undo" };
/** Of the list alone: elsewhere they scroll. */
const OF_LIST: Record<string, Act> = {
  ArrowDown: "next",
  ArrowUp: "previous",
  Home: "first",
  End: "last",
  PageDown: "pageDown",
  PageUp: "pageUp",
};

/** Undefined where the key is none of ours, or meant for what is typed in. */
export function actOf(
  { key, ctrlKey, metaKey, altKey }: Pressed,
  on: { isTyping: boolean; isList: boolean },
): Act | undefined {
  if (on.isTyping || ctrlKey || metaKey || altKey) return undefined;
  return LETTERS[key] ?? (on.isList ? OF_LIST[key] : undefined);
}

/** Whether letters go into this element. */
export function isTypedIn(element: EventTarget): boolean {
  return element instanceof HTMLElement && element.matches("input, textarea, select, [contenteditable=true]");
}

/** Where the selection goes from `index` among `number` rows, of which `page` are in sight. */
export function moved(act: Act, index: number, number: number, page: number): number {
  const steps: Partial<Record<Act, number>> = { next: 1, previous: -1, pageDown: page, pageUp: -page };
  const to = act === "first" ? 0 : act === "last" ? number - 1 : index + (steps[act] ?? 0);
  return Math.max(0, Math.min(number - 1, to));
}
