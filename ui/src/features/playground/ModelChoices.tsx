// Who is asked: two to four models, each from a list or by its folder.

import { ActionIcon, Box, Button, Group, Tooltip } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { Models } from "../../api/useModels";
import { ModelSelect, type PickFolder } from "../../components/asking/ModelSelect";
import classes from "./ModelChoices.module.css";
import { words } from "./words";

const t = words.models;

const FEWEST = 2;
const MOST = 4;

interface ModelChoicesProps {
  models: Models;
  choices: string[];
  onChange: (choices: string[]) => void;
  pickFolder: PickFolder | undefined;
}

export function ModelChoices({ models, choices, onChange, pickFolder }: ModelChoicesProps) {
  const change = (place: number, choice: string) =>
    onChange(choices.map((before, at) => (at === place ? choice : before)));
  return (
    <Box className={classes.choices}>
      {choices.map((choice, place) => (
        // A place is what a choice belongs to: two of them may name the same model.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <Group key={place} gap={4} align="flex-start" wrap="nowrap" className={classes.choice}>
          <OneChoice
            models={models}
            place={place + 1}
            choice={choice}
            onChange={(changed) => change(place, changed)}
            pickFolder={pickFolder}
          />
          {choices.length > FEWEST ? (
            <Tooltip label={t.remove(place + 1)}>
              <ActionIcon
                variant="subtle"
                color="gray"
                mt={26}
                size="lg"
                aria-label={t.remove(place + 1)}
                onClick={() => onChange(choices.filter((_, at) => at !== place))}
              >
                <IconX size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          ) : null}
        </Group>
      ))}
      {choices.length < MOST ? (
        <Button
          variant="subtle"
          mt={25}
          w="fit-content"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...choices, models.first()[1] ?? ""])}
          data-testid="add-model"
        >
          {t.add}
        </Button>
      ) : null}
    </Box>
  );
}

interface OneChoiceProps {
  models: Models;
  /** Counted from 1. */
  place: number;
  choice: string;
  onChange: (choice: string) => void;
  pickFolder: PickFolder | undefined;
}

function OneChoice({ models, place, choice, onChange, pickFolder }: OneChoiceProps) {
  return (
    <ModelSelect
      label={t.label(place)}
      pathLabel={t.folderLabel(place)}
      {...models.selection(choice, onChange)}
      pickFolder={pickFolder}
      testId={`model-${place}`}
    />
  );
}
