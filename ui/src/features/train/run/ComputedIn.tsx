import { Text } from "@mantine/core";
import type { Run } from "../../../api/types";
import { words } from "../words";

const t = words.run;

/** Which numbers a run is computed in, by which part of the processor, and why. */
export function ComputedIn({ computation }: { computation: NonNullable<Run["computation"]> }) {
  return (
    <Text fz="sm" data-testid="computation">
      <Text span inherit c="dimmed">
        {t.computedIn}{" "}
      </Text>
      {t.computation(computation.precision, computation.kernel)}
      <Text span inherit c="dimmed">
        {" "}
        ({computation.why})
      </Text>
    </Text>
  );
}
