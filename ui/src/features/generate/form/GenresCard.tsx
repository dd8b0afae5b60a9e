// What to generate about: genres as chips, combinations of them by name, and styles in a fold.

import { Button, Checkbox, Chip, Group, List, Skeleton, Stack, Text, Tooltip } from "@mantine/core";
import type { ApiProblem } from "../../../api/problem";
import type { Content } from "../../../api/types";
import { Fold } from "../../../components/Fold";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import { Favourites } from "./Favourites";
import classes from "./form.module.css";
import type { Wish } from "./wish";

const t = words.genres;

type Chosen = Pick<Wish, "genres" | "styles">;

interface GenresCardProps {
  content: Content | undefined;
  problem: ApiProblem | null;
  onRetry: () => void;
  chosen: Chosen;
  onChange: (chosen: Partial<Chosen>) => void;
}

export function GenresCard({ content, problem, onRetry, chosen, onChange }: GenresCardProps) {
  return (
    <StepCard number={2} title={t.title}>
      <Stack gap="sm">
        {problem ? <ProblemNotice problem={problem} onRetry={onRetry} /> : null}
        {!content && !problem ? <Skeleton height={120} role="status" aria-label={words.loading} /> : null}
        {content?.genres.length === 0 ? <ProblemNotice problem={{ message: t.empty, hint: t.emptyHint }} /> : null}
        {content ? <Choices content={content} chosen={chosen} onChange={onChange} /> : null}
      </Stack>
    </StepCard>
  );
}

function Choices({ content, chosen, onChange }: Pick<GenresCardProps, "chosen" | "onChange"> & { content: Content }) {
  const { genres, styles, problems } = content;
  const known = chosen.genres.filter((name) => genres.some((genre) => genre.name === name));
  return (
    <>
      <Chip.Group multiple value={known} onChange={(names) => onChange({ genres: names })}>
        <Group gap="xs" role="group" aria-label={t.group} data-testid="genres">
          {genres.map(({ name, title, prompts, own }) => (
            <Tooltip key={name} label={t.about(prompts, own)} refProp="rootRef">
              <Chip
                value={name}
                size="sm"
                variant="outline"
                classNames={{ root: classes.chip, label: classes.chipLabel }}
              >
                {title}
              </Chip>
            </Tooltip>
          ))}
        </Group>
      </Chip.Group>
      <Text fz="xs" c="dimmed" role="status" data-testid="genres-chosen">
        {known.length === 0 ? t.none : t.chosen(known.length)}
      </Text>
      <Favourites chosen={known} onChoose={(names) => onChange({ genres: names })} />
      {problems.length > 0 ? <OwnFiles problems={problems} /> : null}
      {styles.length > 0 ? (
        <Styles all={styles} chosen={chosen.styles} onChange={(next) => onChange({ styles: next })} />
      ) : null}
    </>
  );
}

function OwnFiles({ problems }: { problems: string[] }) {
  return (
    <Stack gap="xs">
      <Notice text={t.problems(problems.length)} />
      <List size="xs" withPadding>
        {problems.map((problem) => (
          <List.Item key={problem} className={classes.name}>
            {problem}
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

interface StylesProps {
  all: string[];
  /** Null: all. */
  chosen: string[] | null;
  onChange: (chosen: string[] | null) => void;
}

function Styles({ all, chosen, onChange }: StylesProps) {
  const known = chosen?.filter((style) => all.includes(style)) ?? all;
  const summary =
    known.length === all.length
      ? words.styles.all(all.length)
      : known.length === 0
        ? words.styles.none
        : words.styles.some(known.length, all.length);
  return (
    <Fold label={words.styles.fold(summary)} testId="styles">
      <Stack gap="xs" pt="xs">
        <Text fz="xs" c="dimmed">
          {words.styles.meaning}
        </Text>
        <Group gap="xs">
          <Button variant="default" size="compact-xs" onClick={() => onChange(null)}>
            {words.styles.chooseAll}
          </Button>
          <Button variant="default" size="compact-xs" onClick={() => onChange([])}>
            {words.styles.chooseNone}
          </Button>
        </Group>
        <Checkbox.Group
          aria-label={words.styles.group}
          value={known}
          onChange={(next) => onChange(next.length === all.length ? null : next)}
        >
          <Stack gap={6}>
            {all.map((style) => (
              <Checkbox key={style} value={style} label={style} size="sm" classNames={{ label: classes.name }} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Stack>
    </Fold>
  );
}
