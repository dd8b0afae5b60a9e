// Base models from the hub: known ones by a button, others by name; and how far each download is.

import { Button, Code, Group, Progress, Stack, Text, TextInput } from "@mantine/core";
import { useField } from "@mantine/form";
import { IconDownload } from "@tabler/icons-react";
import type { FormEvent } from "react";
import { isUnderWay, useCancelFetch, useFetchableBases, useFetchBase, useFetches } from "../../../api/bases";
import type { Fetch } from "../../../api/types";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { percent, size, timeLeft } from "../../../components/quantity";
import { words } from "../words";
import { useTimeLeft } from "./useTimeLeft";

const t = words.bases;

export function Downloads() {
  const { data: known } = useFetchableBases();
  const { data: fetches, error: fetchesProblem } = useFetches();
  const { mutate, error } = useFetchBase();
  const fetchBase = (hubId: string) => mutate({ body: { hubId } });
  const isAt = (hubId: string) => fetches?.some((fetch) => fetch.hubId === hubId && isUnderWay(fetch)) ?? false;
  return (
    <Stack gap="sm">
      <Text fz="xs" c="dimmed">
        {t.downloadMeaning}
      </Text>
      {known
        ?.filter(({ hubId }) => !isAt(hubId))
        .map(({ hubId, sizeBytes }) => (
          <Button
            key={hubId}
            variant="default"
            w="fit-content"
            maw="100%"
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() => fetchBase(hubId)}
          >
            {t.downloadOf(hubId, size(sizeBytes))}
          </Button>
        ))}
      <Another onFetch={fetchBase} problem={error} />
      {fetchesProblem ? <ProblemNotice problem={fetchesProblem} /> : null}
      {fetches?.map((fetch) => (
        <Download key={fetch.hubId} fetch={fetch} onAgain={() => fetchBase(fetch.hubId)} />
      ))}
    </Stack>
  );
}

interface AnotherProps {
  onFetch: (hubId: string) => void;
  problem: { message: string; hint?: string | null } | null;
}

function Another({ onFetch, problem }: AnotherProps) {
  const hubId = useField({ initialValue: "" });
  const wanted = hubId.getValue().trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The dialog belongs to the run's form in React's eyes: its submit must not start a run.
    event.stopPropagation();
    if (wanted) onFetch(wanted);
  };
  return (
    <form onSubmit={submit}>
      <Group align="end" gap="xs" wrap="nowrap">
        <TextInput
          {...hubId.getInputProps()}
          flex={1}
          miw={0}
          label={t.hubId}
          description={t.hubIdHelp}
          placeholder={t.hubIdPlaceholder}
          spellCheck={false}
          autoComplete="off"
          data-testid="hub-id"
        />
        <Button type="submit" variant="default" flex="none" disabled={wanted === ""}>
          {t.download}
        </Button>
      </Group>
      {problem ? <ProblemNotice problem={problem} /> : null}
    </form>
  );
}

function Download({ fetch, onAgain }: { fetch: Fetch; onAgain: () => void }) {
  const { hubId, status } = fetch;
  if (status === "fetching") return <UnderWay fetch={fetch} />;
  if (status === "completed") {
    return (
      <div>
        <Text fz="sm" role="status">
          {t.completed(hubId)}
        </Text>
        {fetch.path?.endsWith(".gguf") ? <ChatFile path={fetch.path} /> : null}
      </div>
    );
  }
  return (
    <Stack gap="xs">
      {status === "cancelled" ? (
        <Notice text={t.cancelled(hubId)} />
      ) : (
        <ProblemNotice problem={{ message: fetch.errorMessage ?? t.failed(hubId), hint: fetch.hint }} />
      )}
      <Button variant="default" size="xs" w="fit-content" aria-label={t.againOf(hubId)} onClick={onAgain}>
        {t.again}
      </Button>
    </Stack>
  );
}

/** A base has a name; a chat model is chosen by the path of its file. */
function ChatFile({ path }: { path: string }) {
  return (
    <>
      <Text fz="xs" c="dimmed">
        {t.chatFile}
      </Text>
      <Code block>{path}</Code>
    </>
  );
}

function UnderWay({ fetch: { hubId, bytesDone, bytesTotal } }: { fetch: Fetch }) {
  const cancel = useCancelFetch();
  const seconds = useTimeLeft(bytesDone, bytesTotal);
  const share = bytesTotal > 0 ? bytesDone / bytesTotal : 0;
  const facts = bytesTotal > 0 ? [t.bytes(size(bytesDone), size(bytesTotal)), percent(share)] : [t.beginning];
  if (seconds !== undefined) facts.push(t.left(timeLeft(seconds)));
  return (
    <div data-testid="fetch">
      <Group justify="space-between" gap="xs" wrap="nowrap" mb={6}>
        <Text fz="sm" fw={500} miw={0} style={{ overflowWrap: "anywhere" }}>
          {t.fetching(hubId)}
        </Text>
        <Button
          variant="default"
          size="compact-xs"
          flex="none"
          loading={cancel.isPending}
          aria-label={t.cancelOf(hubId)}
          onClick={() => cancel.mutate({ body: { hubId } })}
        >
          {t.cancel}
        </Button>
      </Group>
      <Progress value={share * 100} aria-label={t.progress(hubId)} />
      <Text fz="xs" c="dimmed" mt={4} data-numbers>
        {facts.join(" · ")}
      </Text>
    </div>
  );
}
