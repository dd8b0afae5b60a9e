// Who writes: models of this computer, alone or several together, and how they are asked.

import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  SimpleGrid,
  Skeleton,
  Slider,
  Stack,
  Switch,
  Text,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { NO_FOLDER } from "../../../api/models";
import type { Models } from "../../../api/useModels";
import { ModelSelect, type PickFolder } from "../../../components/asking/ModelSelect";
import { Fold } from "../../../components/Fold";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { percent } from "../../../components/quantity";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import type { Wish } from "./wish";

const t = words.writers;

const MOST_WRITERS = 4;

interface WritersCardProps {
  models: Models;
  /** One or more. */
  choices: string[];
  wish: Wish;
  onChange: (changed: Partial<Wish>) => void;
  pickFolder: PickFolder | undefined;
}

export function WritersCard({ models, choices, wish, onChange, pickFolder }: WritersCardProps) {
  const choose = (generators: string[]) => onChange({ generators });
  return (
    <StepCard number={3} title={t.title}>
      <Stack gap="sm">
        {models.problem ? <ProblemNotice problem={models.problem} onRetry={models.retry} /> : null}
        {!models.isKnown && !models.problem ? (
          <Skeleton height={60} role="status" aria-label={words.loading} />
        ) : (
          choices.map((choice, place) => (
            <Writer
              // A place is what a choice belongs to: two of them may name the same model.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              key={place}
              models={models}
              choice={choice}
              place={place + 1}
              of={choices.length}
              onChange={(changed) => choose(choices.map((before, at) => (at === place ? changed : before)))}
              onRemove={() => choose(choices.filter((_, at) => at !== place))}
              pickFolder={pickFolder}
            />
          ))
        )}
        {choices.length > 1 ? (
          <Text fz="xs" c="dimmed">
            {t.several}
          </Text>
        ) : null}
        {models.isKnown && choices.length < MOST_WRITERS ? (
          <Button
            variant="subtle"
            size="compact-sm"
            px={4}
            w="fit-content"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => choose([...choices, models.first().find((other) => !choices.includes(other)) ?? NO_FOLDER])}
          >
            {t.add}
          </Button>
        ) : null}
        <Checkbox
          label={words.options.memory}
          description={words.options.memoryHelp}
          checked={wish.storeInMemory}
          onChange={(event) => onChange({ storeInMemory: event.currentTarget.checked })}
          data-testid="store-in-memory"
        />
        <Options wish={wish} onChange={onChange} />
      </Stack>
    </StepCard>
  );
}

interface WriterProps {
  models: Models;
  choice: string;
  /** Counted from 1. */
  place: number;
  of: number;
  onChange: (choice: string) => void;
  onRemove: () => void;
  pickFolder: PickFolder | undefined;
}

function Writer({ models, choice, place, of, onChange, onRemove, pickFolder }: WriterProps) {
  return (
    <Group gap={4} align="flex-start" wrap="nowrap">
      <ModelSelect
        label={t.label(place, of)}
        folderLabel={t.folder(place)}
        {...models.selection(choice, onChange)}
        pickFolder={pickFolder}
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

function Options({ wish, onChange }: Pick<WritersCardProps, "wish" | "onChange">) {
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
