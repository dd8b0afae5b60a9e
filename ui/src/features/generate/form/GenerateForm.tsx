// The four steps before a batch.

import { Stack } from "@mantine/core";
import type { PickFile, PickFolder } from "../../../components/asking/ModelSelect";
import { words } from "../words";
import { AmountCard } from "./AmountCard";
import classes from "./form.module.css";
import { GenresCard } from "./GenresCard";
import { StartCard } from "./StartCard";
import type { useWish } from "./useWish";
import { WritersCard } from "./WritersCard";

interface GenerateFormProps {
  wanted: ReturnType<typeof useWish>;
  pick: { file: PickFile | undefined; folder: PickFolder | undefined };
  /** Where an endpoint is set up. */
  endpointsHref: string;
  /** Whether the batch will begin with what was shown already. */
  isPreviewed: boolean;
  isStarting: boolean;
  isPreviewing: boolean;
  onStart: () => void;
  onPreview: () => void;
  problem: { message: string; hint?: string | null } | null;
}

export function GenerateForm(props: GenerateFormProps) {
  const { wanted, pick, endpointsHref, isPreviewed, isStarting, isPreviewing, onStart, onPreview, problem } = props;
  const { wish, change, content, writers, choices, estimate, elsewhere, refusal, reason } = wanted;
  return (
    <Stack
      component="form"
      gap="md"
      miw={0}
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!reason && !isStarting) onStart();
      }}
    >
      <AmountCard
        numExamples={wish.numExamples}
        onChange={(numExamples) => change({ numExamples })}
        estimate={estimate}
      />
      <GenresCard
        content={content.data}
        problem={content.error}
        onRetry={() => void content.refetch()}
        chosen={wish}
        onChange={change}
      />
      <WritersCard
        writers={writers}
        choices={choices}
        wish={wish}
        onChange={change}
        pick={pick}
        endpointsHref={endpointsHref}
      />
      <div className={classes.start}>
        <StartCard
          numExamples={wish.numExamples}
          reason={reason}
          elsewhere={elsewhere.map(({ name }) => name)}
          ready={isPreviewed ? words.start.samePreview : words.start.ready}
          isStarting={isStarting}
          isPreviewing={isPreviewing}
          onPreview={onPreview}
          problem={problem ?? refusal}
        />
      </div>
    </Stack>
  );
}
