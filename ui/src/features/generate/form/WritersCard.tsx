// Who writes: models of this computer and of endpoints, alone or several together, and how they are asked.

import {
  ActionIcon,
  Anchor,
  Button,
  Checkbox,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Skeleton,
  Slider,
  Stack,
  Switch,
  Text,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { Endpoint } from "../../../api/types";
import { ModelSelect, type PickFile, type PickFolder } from "../../../components/asking/ModelSelect";
import { Fold } from "../../../components/Fold";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { percent } from "../../../components/quantity";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import type { Writers } from "./useWriters";
import type { Wish } from "./wish";

const t = words.writers;

const MOST_WRITERS = 4;

interface WritersCardProps {
  writers: Writers;
  /** One or more. */
  choices: string[];
  wish: Wish;
  onChange: (changed: Partial<Wish>) => void;
  pick: { file: PickFile | undefined; folder: PickFolder | undefined };
  /** Where an endpoint is set up. */
  endpointsHref: string;
}

export function WritersCard({ writers, choices, wish, onChange, pick, endpointsHref }: WritersCardProps) {
  const choose = (generators: string[]) => onChange({ generators });
  return (
    <StepCard number={3} title={t.title}>
      <Stack gap="sm">
        {writers.problem ? <ProblemNotice problem={writers.problem} onRetry={writers.retry} /> : null}
        {!writers.isKnown && !writers.problem ? (
          <Skeleton height={60} role="status" aria-label={words.loading} />
        ) : (
          choices.map((choice, place) => (
            <Writer
              // A place is what a choice belongs to: two of them may name the same model.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              key={place}
              writers={writers}
              choice={choice}
              place={place + 1}
              of={choices.length}
              onChange={(changed) => choose(choices.map((before, at) => (at === place ? changed : before)))}
              onRemove={() => choose(choices.filter((_, at) => at !== place))}
              pick={pick}
            />
          ))
        )}
        {choices.length > 1 ? (
          <Text fz="xs" c="dimmed">
            {t.several}
          </Text>
        ) : null}
        <Group gap="xs" justify="space-between">
          {writers.isKnown && choices.length < MOST_WRITERS ? (
            <Button
              variant="subtle"
              size="compact-sm"
              px={4}
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() => choose([...choices, writers.another(choices)])}
            >
              {t.add}
            </Button>
          ) : null}
          <Anchor href={endpointsHref} fz="sm" underline="always">
            {writers.endpoints.length === 0 ? t.firstEndpoint : t.endpoints}
          </Anchor>
        </Group>
        <Checkbox
          label={words.options.memory}
          description={words.options.memoryHelp}
          checked={wish.storeInMemory}
          onChange={(event) => onChange({ storeInMemory: event.currentTarget.checked })}
          data-testid="store-in-memory"
        />
        <Options wish={wish} onChange={onChange} endpoints={writers.endpoints} />
      </Stack>
    </StepCard>
  );
}

interface WriterProps {
  writers: Writers;
  choice: string;
  /** Counted from 1. */
  place: number;
  of: number;
  onChange: (choice: string) => void;
  onRemove: () => void;
  pick: WritersCardProps["pick"];
}

function Writer({ writers, choice, place, of, onChange, onRemove, pick }: WriterProps) {
  return (
    <Group gap={4} align="flex-start" wrap="nowrap">
      <ModelSelect
        label={t.label(place, of)}
        pathLabel={t.path(place)}
        {...writers.selection(choice, onChange)}
        pickFolder={pick.folder}
        pickFile={pick.file}
        testId={`generator-${place}`}
      />
      {of > 1 ? (
        <ActionIcon variant="subtle" color="gray" mt={26} size="lg" aria-label={t.remove(place)} onClick={onRemove}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      ) : null}
    </Group>
  );
}

const o = words.options;

/** A list has no place for nothing. */
const NO_JUDGE = "none";

type OptionsProps = Pick<WritersCardProps, "wish" | "onChange"> & { endpoints: Endpoint[] };

function Options({ wish, onChange, endpoints }: OptionsProps) {
  const number = (name: "candidates" | "references" | "seed", min: number, max?: number) => (
    <NumberInput
      label={o[name].label}
      description={o[name].help}
      inputWrapperOrder={["label", "input", "error", "description"]}
      placeholder={o.standard}
      min={min}
      max={max}
      allowDecimal={false}
      allowNegative={false}
      value={wish[name]}
      onChange={(value) => onChange({ [name]: value })}
      data-testid={`option-${name}`}
    />
  );
  return (
    <Fold label={o.fold} testId="options">
      <Stack gap="sm" pt="xs">
        <Switch
          label={o.untilKept.label}
          description={o.untilKept.help}
          checked={wish.untilKept}
          onChange={(event) => onChange({ untilKept: event.currentTarget.checked })}
          data-testid="until-kept"
        />
        <Select
          label={o.judge.label}
          description={o.judge.help}
          data={[
            { value: NO_JUDGE, label: o.judge.none },
            ...endpoints.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={endpoints.some(({ id }) => id === wish.judge) ? wish.judge : NO_JUDGE}
          onChange={(judge) => onChange({ judge: judge === NO_JUDGE ? null : judge })}
          allowDeselect={false}
          data-testid="judge"
        />
        <SimpleGrid cols={2} spacing="sm">
          {number("candidates", 1, 8)}
          {number("references", 0, 5)}
          {number("seed", 0)}
        </SimpleGrid>
        <div>
          <Group justify="space-between" gap="xs">
            <Text fz="sm" fw={500}>
              {o.twins}
            </Text>
            <Text fz="sm" data-numbers data-testid="twin-threshold">
              {percent(wish.twinThreshold)}
            </Text>
          </Group>
          <Slider
            min={0.4}
            max={1}
            step={0.05}
            value={wish.twinThreshold}
            onChange={(twinThreshold) => onChange({ twinThreshold: Number(twinThreshold.toFixed(2)) })}
            label={null}
            thumbLabel={o.twinsThumb}
            thumbValueText={percent}
            thumbSize={24}
            my="xs"
          />
          <Text fz="xs" c="dimmed">
            {o.twinsHelp}
          </Text>
        </div>
      </Stack>
    </Fold>
  );
}
