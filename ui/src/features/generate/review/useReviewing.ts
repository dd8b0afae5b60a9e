// Which example is looked at, and what is said of it.
//
// Invariant: what is selected stays selected while others arrive; a decision hits what was in sight when it was made.

import { notifications } from "@mantine/notifications";
import { useRef, useState } from "react";
import { useReview, useUndoReview } from "../../../api/examples";
import type { Example } from "../../../api/types";
import { words } from "../words";
import { type Act, moved } from "./keys";

const t = words.review;

interface Announced {
  /** A second of the same words is news too. */
  number: number;
  text: string;
}

export function useReviewing(examples: Example[], loadMore: () => void) {
  const [selectedId, select] = useState<string>();
  const [editing, setEditing] = useState<{ id: string; output: string }>();
  const [announced, setAnnounced] = useState<Announced>({ number: 0, text: "" });
  const decided = useRef<string[]>([]);
  const { say } = useReview({ onFailed: ({ message }) => complain(t.failed, message) });
  const undo = useUndoReview({
    onDone: () => {
      const last = decided.current.pop();
      if (last && examples.some(({ id }) => id === last)) select(last);
      announce(t.said.undo);
    },
    onFailed: ({ message }) => complain(t.undoFailed, message),
  });

  const found = examples.findIndex(({ id }) => id === selectedId);
  const index = Math.max(0, found);
  const selected = examples[index];
  // Decided while drawing: what a key acts on is what is shown.
  if (selected && found < 0) select(selected.id);

  const goTo = (to: number) => {
    const example = examples[to];
    if (!example) return;
    select(example.id);
    setEditing(undefined);
    if (to >= examples.length - NEAR_END) loadMore();
  };
  const announce = (text: string) => setAnnounced(({ number }) => ({ number: number + 1, text }));

  const decide = (decision: "accept" | "reject") => {
    if (!selected) return;
    // The next comes at once: whoever decides on a hundred does not wait for each.
    say(selected.id, { decision });
    decided.current.push(selected.id);
    announce(t.said[decision]);
    goTo(index + 1);
  };
  const save = () => {
    if (!editing || editing.output.trim() === "") return;
    say(editing.id, { decision: "edit", output: editing.output });
    decided.current.push(editing.id);
    announce(t.said.edit);
    setEditing(undefined);
  };

  return {
    index,
    selected,
    goTo,
    /** Undefined while nothing is edited. */
    edited: selected && editing?.id === selected.id ? editing.output : undefined,
    edit: (output: string | undefined) =>
      setEditing(selected && output !== undefined ? { id: selected.id, output } : undefined),
    decide,
    save,
    undo,
    announced,
    act: (act: Act, page: number) => {
      if (act === "accept" || act === "reject") decide(act);
      else if (act === "edit") setEditing(selected && { id: selected.id, output: selected.output });
      else if (act === "undo") undo();
      else goTo(moved(act, index, examples.length, page));
    },
  };
}

/** Rows before the end at which further ones are asked for. */
const NEAR_END = 40;

function complain(title: string, message: string) {
  notifications.show({ color: "var(--attune-failure)", title, message });
}
