import { Text, VisuallyHidden } from "@mantine/core";
import classes from "./generate.module.css";
import { LINE, score } from "./score";
import { words } from "./words";

/** A quality on the scale of 0 to 10; on which side of the line it lies is seen at once. */
export function QualityMark({ quality }: { quality: number | null }) {
  if (quality === null) {
    return (
      <Text span inherit className={classes.quality}>
        <span aria-hidden>–</span>
        <VisuallyHidden>{words.quality.none}</VisuallyHidden>
      </Text>
    );
  }
  return (
    <Text span inherit className={classes.quality} data-above={quality >= LINE || undefined} data-numbers>
      <VisuallyHidden>{words.quality.read}</VisuallyHidden>
      {score(quality)}
    </Text>
  );
}
