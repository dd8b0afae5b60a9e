// What came to nothing in a batch, as sentences: of who writes, and of who judges.

import { count } from "../../../components/quantity";
import { words } from "../words";

const t = words.failures;

/** What the name of a judge's failure begins with. */
const JUDGE = "judge_";

export function failureSentences(failures: Record<string, number>): string[] {
  const all = Object.entries(failures);
  const written = all.filter(([name]) => !name.startsWith(JUDGE));
  const judged = all
    .filter(([name]) => name.startsWith(JUDGE))
    .map(([name, n]) => [name.slice(JUDGE.length), n] as const);
  return [
    ...(written.length > 0 ? [t.written(listed(written))] : []),
    ...(judged.length > 0 ? [t.judged(listed(judged))] : []),
  ];
}

/** The most frequent first; a name that is not known here is shown as it is. */
function listed(failures: (readonly [string, number])[]): string {
  const sorted = [...failures].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, number]) => t.one(t.kinds[name] ?? name, count(number))).join(", ");
}
