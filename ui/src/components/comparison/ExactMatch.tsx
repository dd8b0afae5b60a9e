// How many answers are exactly as expected, before and after: two bars on the same scale.

import { Text } from "@mantine/core";
import { count, percent } from "../quantity";
import classes from "./comparison.module.css";
import { words } from "./words";

interface ExactMatchProps {
  base: number;
  tuned: number;
  /** Rows that are answered so far. */
  answered: number;
  /** Rows there are. */
  total: number;
}

export function ExactMatch({ base, tuned, answered, total }: ExactMatchProps) {
  const said = (exact: number) =>
    answered < total
      ? words.ofSoFar(count(exact), count(answered))
      : words.of(count(exact), count(total), percent(total > 0 ? exact / total : 0));
  return (
    <figure className={classes.score} aria-label={words.exactTitle}>
      <Text component="figcaption" fz="sm" c="dimmed" mb="xs">
        {words.exactMeaning(count(total))}
      </Text>
      {[
        { name: words.base, exact: base, color: "var(--attune-base)", kind: "base" },
        { name: words.tuned, exact: tuned, color: "var(--attune-tuned)", kind: "tuned" },
      ].map(({ name, exact, color, kind }) => (
        <div key={kind} className={classes.bar}>
          <Text fw={600}>{name}</Text>
          <div className={classes.track} aria-hidden>
            <div
              className={classes.fill}
              style={{ width: `${(100 * exact) / Math.max(total, 1)}%`, background: color }}
            />
          </div>
          <Text data-numbers fw={600} data-testid={`exact-${kind}`} data-exact={exact}>
            {said(exact)}
          </Text>
        </div>
      ))}
    </figure>
  );
}
