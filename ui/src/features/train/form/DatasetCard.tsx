import { Button, Group, Skeleton, Stack, TextInput } from "@mantine/core";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import { SourceReport } from "./SourceReport";
import type { SourceState } from "./useSource";

const t = words.dataset;

export type PickFile = (wanted: {
  title: string;
  kinds: { name: string; extensions: string[] }[];
}) => Promise<string | undefined>;

interface DatasetCardProps {
  source: SourceState;
  pickFile: PickFile | undefined;
}

export function DatasetCard({ source, pickFile }: DatasetCardProps) {
  return (
    <StepCard number={2} title={t.title}>
      <Stack gap="sm">
        <Group align="end" gap="xs" wrap="nowrap">
          <PathField source={source} />
          {pickFile ? <ChooseButton source={source} pickFile={pickFile} /> : null}
        </Group>
        {source.problem ? <ProblemNotice problem={source.problem} /> : null}
        {source.isChecking && !source.found ? <Skeleton height={96} role="status" aria-label={t.checking} /> : null}
        {source.found ? <SourceReport source={source.found} /> : null}
      </Stack>
    </StepCard>
  );
}

function PathField({ source }: { source: SourceState }) {
  return (
    <TextInput
      flex={1}
      miw={0}
      label={t.label}
      description={t.description}
      placeholder={t.placeholder}
      data-testid="database-path"
      spellCheck={false}
      autoComplete="off"
      value={source.typed}
      title={source.typed}
      // The problem itself, with what to do, stands below the whole row.
      error={Boolean(source.problem)}
      onChange={(event) => source.type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        // Enter checks the path; it must not start a run with a database that nobody has seen.
        event.preventDefault();
        source.enter(source.typed);
      }}
    />
  );
}

function ChooseButton({ source, pickFile }: { source: SourceState; pickFile: PickFile }) {
  const choose = async () => {
    const picked = await pickFile({
      title: t.dialog,
      kinds: [
        { name: t.databases, extensions: ["db", "sqlite", "sqlite3", "jsonl", "ndjson", "csv", "tsv"] },
        { name: t.allFiles, extensions: ["*"] },
      ],
    });
    if (picked) source.enter(picked);
  };
  return (
    <Button variant="default" flex="none" onClick={() => void choose()}>
      {t.choose}
    </Button>
  );
}
