// What is wanted, remembered until the window or tab is closed, and everything that decides whether it can be had.

import { useDebouncedValue, useSessionStorage } from "@mantine/hooks";
import { useMemo } from "react";
import { progressOf, runningBatch, useContent, useEstimate } from "../../../api/batches";
import { useConnection } from "../../../api/connection";
import type { Batch, BatchRequest } from "../../../api/types";
import { count, timeLeft } from "../../../components/quantity";
import { words } from "../words";
import { useWriters } from "./useWriters";
import { elsewhereOf, isCountable, NOTHING_CHOSEN, requestOf, type Wish } from "./wish";

const t = words.start;

/** Milliseconds: a slider that is dragged asks once it rests. */
const RESTS = 200;

export function useWish(batches: Batch[] | undefined) {
  const [remembered, remember] = useSessionStorage<Partial<Wish>>({
    key: "attune.generate.wish",
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const wish: Wish = { ...NOTHING_CHOSEN, ...remembered };
  const content = useContent();
  const writers = useWriters(wish.generators ?? []);
  // Where nothing is chosen, what Attune takes then is shown, and sent, by its name.
  const automatic = writers.bases.find(({ chosenByAuto }) => chosenByAuto) ?? writers.bases[0];
  const choices = wish.generators ?? (automatic ? [`base:${automatic.name}`] : []);
  const generators = choices.map(writers.generator).filter((generator) => generator !== undefined);
  const known = {
    genres: content.data?.genres.map(({ name }) => name) ?? [],
    styles: content.data?.styles ?? [],
    endpoints: writers.endpoints,
  };
  const isWhole =
    isCountable(wish.numExamples) &&
    known.genres.length > 0 &&
    generators.length > 0 &&
    generators.length === choices.length;
  const key = isWhole ? JSON.stringify(requestOf(wish, generators, known)) : undefined;
  const request = useMemo(() => key && (JSON.parse(key) as BatchRequest), [key]) || undefined;
  const [rested] = useDebouncedValue(request, RESTS);
  const estimate = useEstimate(rested ?? { numExamples: 1 }, rested !== undefined);
  const isEstimated = rested !== undefined && rested === request;

  const connection = useConnection();
  const reason = () => {
    if (connection === "reconnecting") return t.offline;
    if (!isCountable(wish.numExamples)) return t.count;
    if (content.data ? known.genres.length === 0 : content.error) return t.noContent;
    if (!content.data || !batches || !writers.isKnown) return t.loading;
    if (!request) return words.writers.missing;
    if (isEstimated && estimate.error) return t.refused;
    const running = runningBatch(batches);
    return running && whatRuns(running);
  };
  return {
    wish,
    change: (changed: Partial<Wish>) => remember((before) => ({ ...before, ...changed })),
    content,
    writers,
    choices,
    /** Undefined while something is missing. */
    request,
    /** The last one while the next is asked for. */
    estimate: request && estimate.data,
    /** Endpoints that are asked and are not on this computer. */
    elsewhere: request ? elsewhereOf(request, writers.endpoints) : [],
    /** What Attune has against it. */
    refusal: isEstimated ? estimate.error : null,
    /** Why no batch can begin now. */
    reason: reason(),
  };
}

function whatRuns(batch: Batch): string {
  const { tallies, mostAttempts, numExamples, untilKept, progress } = batch;
  const left = progress.secondsLeft === null || progressOf(batch) === 0 ? undefined : timeLeft(progress.secondsLeft);
  return t.active(count(tallies.attempts), count(untilKept ? mostAttempts : numExamples), left);
}
