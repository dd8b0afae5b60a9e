// Combinations of genres by name: chosen by a press, saved and removed in place.

import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconBookmark, IconX } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { words } from "../words";
import { type Favourite, isSame, useFavourites } from "./favourites";
import classes from "./form.module.css";

const t = words.favourites;

interface FavouritesProps {
  chosen: string[];
  onChoose: (genres: string[]) => void;
}

export function Favourites({ chosen, onChoose }: FavouritesProps) {
  const { favourites, save, remove, restore } = useFavourites();
  const [removed, setRemoved] = useState<{ name: string; before: Favourite[] }>();
  const around = useRef<HTMLDivElement>(null);
  // What was pressed is gone, and the focus with it.
  const stayHere = () => around.current?.focus();
  return (
    <Stack gap="xs" ref={around} tabIndex={-1} role="group" aria-label={t.group}>
      {favourites.length > 0 ? (
        <Group gap="xs">
          {favourites.map(({ name, genres }) => (
            <Group key={name} gap={0} wrap="nowrap" className={classes.favourite}>
              <Button
                variant={isSame(genres, chosen) ? "light" : "default"}
                size="compact-sm"
                aria-pressed={isSame(genres, chosen)}
                onClick={() => onChoose(genres)}
                title={name}
                maw={200}
                data-testid="favourite"
              >
                {name}
              </Button>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={t.remove(name)}
                onClick={() => {
                  setRemoved({ name, before: favourites });
                  remove(name);
                  stayHere();
                }}
              >
                <IconX size={14} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
        </Group>
      ) : null}
      {removed ? (
        <Group gap="xs" fz="xs">
          <Text inherit role="status" className={classes.name}>
            {t.removed(removed.name)}
          </Text>
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => {
              restore(removed.before);
              setRemoved(undefined);
              stayHere();
            }}
          >
            {t.undo}
          </Button>
        </Group>
      ) : null}
      {chosen.length > 0 && !favourites.some(({ genres }) => isSame(genres, chosen)) ? (
        <Naming
          taken={favourites.map(({ name }) => name)}
          onSave={(name) => {
            save(name, chosen);
            setRemoved(undefined);
            stayHere();
          }}
        />
      ) : null}
    </Stack>
  );
}

function Naming({ taken, onSave }: { taken: string[]; onSave: (name: string) => void }) {
  const [name, setName] = useState<string>();
  if (name === undefined) {
    return (
      <Button
        variant="subtle"
        size="compact-sm"
        px={4}
        w="fit-content"
        leftSection={<IconBookmark size={16} aria-hidden />}
        onClick={() => setName("")}
      >
        {t.save}
      </Button>
    );
  }
  const isNamed = name.trim() !== "";
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <TextInput
        flex={1}
        size="xs"
        label={t.name}
        value={name}
        maxLength={40}
        autoComplete="off"
        // It takes the place of the button that was pressed.
        autoFocus
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") setName(undefined);
          if (event.key !== "Enter") return;
          // It stands in the form that generates.
          event.preventDefault();
          if (isNamed) onSave(name);
        }}
      />
      <Button size="xs" disabled={!isNamed} onClick={() => onSave(name)}>
        {taken.includes(name.trim()) ? t.replace : t.confirm}
      </Button>
      <Button size="xs" variant="default" onClick={() => setName(undefined)}>
        {t.cancel}
      </Button>
    </Group>
  );
}
