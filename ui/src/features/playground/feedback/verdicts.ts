import type { Verdict } from "../../../api/types";

export const VERDICT_COLORS: Record<Verdict, string> = {
  approved: "var(--attune-done)",
  rejected: "var(--attune-failure)",
  edited: "var(--attune-tuned)",
  regenerated: "var(--attune-base)",
};

/** One for each answer, so that a click that is sent twice is kept once. */
export function feedbackIdOf(answerId: string): string {
  return `feedback_${answerId}`;
}
