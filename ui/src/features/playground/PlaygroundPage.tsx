// The playground: one prompt, and what two to four models make of it, side by side.

import { Anchor, Box, Skeleton, Stack, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect, useRef } from "react";
import { ulid } from "ulid";
import { useSavedFeedback } from "../../api/feedback";
import { useModels } from "../../api/useModels";
import { type Decoding, decodingOf, EMPTY, randomSeed } from "../../components/asking/decoding";
import type { PickFolder } from "../../components/asking/ModelSelect";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { ProblemNotice } from "../../components/ProblemNotice";
import { AnswerPane } from "./AnswerPane";
import { TallyCard } from "./blind/TallyCard";
import { VoteBar } from "./blind/VoteBar";
import { SavedFeedback } from "./feedback/SavedFeedback";
import { feedbackIdOf } from "./feedback/verdicts";
import { ModelChoices } from "./ModelChoices";
import classes from "./PlaygroundPage.module.css";
import { PromptCard } from "./PromptCard";
import { begun, isHidden, isUnderWay } from "./round";
import { useRound } from "./useRound";
import { useRemembered, withPrompt } from "./useSession";
import { words } from "./words";

interface PlaygroundPageProps {
  pickFolder: PickFolder | undefined;
  /** Where a first adapter is trained. */
  trainHref: string;
}

export function PlaygroundPage({ pickFolder, trainHref }: PlaygroundPageProps) {
  // Undefined until somebody has chosen.
  const [remembered, choose] = useRemembered<string[] | undefined>("models", undefined);
  const models = useModels(remembered ?? []);
  const [prompts, setPrompts] = useRemembered<string[]>("prompts", []);
  const [prompt, setPrompt] = useRemembered("prompt", "");
  const [wantsBlind, wantBlind] = useRemembered("blind", false);
  const decoding = useForm<Decoding>({ initialValues: EMPTY });
  const field = useRef<HTMLTextAreaElement>(null);
  const answers = useRef<HTMLElement>(null);
  const { round, ask, askAgain, stop, vote, reveal } = useRound();
  const saved = useSavedFeedback();

  const choices = remembered ?? (models.isKnown ? models.first() : []);
  const chosen = choices.map(models.model).filter((model) => model !== undefined);
  const isBlindPossible = choices.length === 2 && choices[0] !== choices[1];
  const isAsking = round !== undefined && isUnderWay(round);
  const askedId = isAsking ? round.id : undefined;
  useEffect(() => {
    // Below a long form nobody would see that something is answered.
    if (askedId) answers.current?.scrollIntoView({ block: "nearest" });
  }, [askedId]);
  const isReady = prompt.trim() !== "" && chosen.length > 0 && chosen.length === choices.length && !isAsking;

  const begin = () => {
    decoding.clearErrors();
    // The button that asks is switched off while answers come, and would lose the focus.
    field.current?.focus();
    setPrompts((known) => withPrompt(known, prompt));
    const question = { prompt, ...decodingOf(decoding.getValues(), randomSeed) };
    ask(begun(ulid(), question, chosen, wantsBlind && isBlindPossible, ulid), ({ field: blamed, message }) => {
      if (blamed && blamed in EMPTY) decoding.setFieldError(blamed, message);
    });
  };

  return (
    <Box className={classes.page}>
      <Title order={1} mb="md">
        {words.title}
      </Title>
      <Stack gap="md">
        {models.problem ? <ProblemNotice problem={models.problem} onRetry={models.retry} /> : null}
        <PromptCard
          prompt={prompt}
          onPrompt={(text) => {
            setPrompt(text);
            field.current?.focus();
          }}
          field={field}
          earlier={prompts}
          decoding={decoding}
          models={
            models.isKnown ? (
              <ModelChoices models={models} choices={choices} onChange={choose} pickFolder={pickFolder} />
            ) : (
              <Skeleton height={60} aria-label={words.loading} />
            )
          }
          blind={{ isOn: wantsBlind, isPossible: isBlindPossible, change: wantBlind }}
          isReady={isReady}
          isAsking={isAsking}
          onAsk={begin}
          onStop={stop}
        />
        {round ? (
          <Box
            component="section"
            ref={answers}
            className={classes.answers}
            aria-label={words.answers.region}
            // Read out once they are whole: a text that grows by words would be begun again at each.
            aria-live="polite"
            aria-busy={isAsking}
          >
            {round.asked.map((asked, place) => (
              <AnswerPane
                // biome-ignore lint/suspicious/noArrayIndexKey: a place is all that an answer is known by
                key={`${round.id}-${place}`}
                asked={asked}
                heading={isHidden(round) ? (words.answers.places[place] ?? "") : asked.model.name}
                isHidden={isHidden(round)}
                onAgain={(question) => askAgain(place, question)}
                prompt={round.prompt}
                kept={saved.feedback?.find(({ id }) => id === feedbackIdOf(asked.id))}
              />
            ))}
            {round.isBlind ? (
              <Box className={classes.vote}>
                <VoteBar
                  key={round.id}
                  round={round}
                  onVoted={(choice) => vote(round.id, choice)}
                  onReveal={() => reveal(round.id)}
                />
              </Box>
            ) : null}
          </Box>
        ) : (
          <Card title={words.answers.region}>
            <Empty title={words.empty.title} firstStep={words.empty.step} />
            {models.isKnown && models.completed.length === 0 ? (
              <Stack gap={4} align="center" ta="center" fz="sm">
                <span>{words.empty.noAdapter}</span>
                <Anchor href={trainHref}>{words.empty.train}</Anchor>
              </Stack>
            ) : null}
          </Card>
        )}
        <TallyCard />
        <SavedFeedback saved={saved} />
      </Stack>
    </Box>
  );
}
