// Accepting everything from a quality on: how many that is comes first.

import { Button, Group, NumberInput, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { type ExampleQuestion, useAcceptable, useAcceptFrom } from "../../../api/examples";
import { ApiProblem } from "../../../api/problem";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count } from "../../../components/quantity";
import { LINE } from "../score";
import { words } from "../words";
import { BEST } from "./filter";

const t = words.bulk;

interface BulkAcceptProps {
  subject: string;
  /** Its batch and genre hold here too. */
  question: ExampleQuestion;
}

export function BulkAccept({ subject, question: { batch, genre } }: BulkAcceptProps) {
  const [from, setFrom] = useState<number | string>(LINE * BEST - 1);
  const isRight = typeof from === "number" && from >= 0 && from <= BEST;
  const wanted = { subject, ...(batch ? { batch } : {}), ...(genre ? { genre } : {}), minQuality: Number(from) / BEST };
  const [minQuality] = useDebouncedValue(wanted.minQuality, 200);
  const { data, error } = useAcceptable({ ...wanted, minQuality }, isRight);
  const accept = useAcceptFrom();
  const number = isRight && minQuality === wanted.minQuality ? data?.examples : undefined;
  return (
    <>
      <Group gap="sm" align="flex-end">
        <NumberInput
          label={t.label}
          w={160}
          size="xs"
          min={0}
          max={BEST}
          step={0.5}
          decimalScale={1}
          fixedDecimalScale
          allowNegative={false}
          value={from}
          onChange={setFrom}
          data-testid="bulk-from"
        />
        <Button
          size="xs"
          variant="default"
          disabled={!number}
          loading={accept.isPending}
          onClick={() =>
            accept.mutate(
              { body: wanted },
              {
                onSuccess: ({ examples }) => notifications.show({ message: t.done(examples, count(examples)) }),
              },
            )
          }
          data-testid="bulk-accept"
        >
          {t.accept(number ?? 0, count(number ?? 0))}
        </Button>
        <Text fz="xs" c="dimmed" role="status" data-testid="bulk-count">
          {error ? t.unknown : number === undefined ? t.counting : t.count(number, count(number))} {t.meaning}
        </Text>
      </Group>
      {accept.error instanceof ApiProblem ? <ProblemNotice problem={accept.error} /> : null}
    </>
  );
}
