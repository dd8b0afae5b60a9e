import { Text, VisuallyHidden } from "@mantine/core";
import type { Run } from "../../../api/types";
import { measure } from "../../../components/quantity";
import { words } from "../words";

const t = words.run;

/** What the learning self-check found, in a line. */
export function SelfCheck({ result }: { result: NonNullable<Run["selfCheck"]> }) {
  const [before, after] = [measure(result.lossBefore), measure(result.lossAfter)];
  return (
    <Text fz="sm" data-testid="self-check">
      <Text span inherit c="dimmed">
        {t.selfCheck}{" "}
      </Text>
      <span aria-hidden>{t.selfChecked(before, after)}</span>
      <VisuallyHidden>{t.selfCheckedRead(before, after)}</VisuallyHidden>
    </Text>
  );
}
