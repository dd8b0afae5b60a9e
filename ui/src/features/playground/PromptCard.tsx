// The question: a prompt, who is asked, and how they shall answer.

import { Group, Stack, Switch, Tooltip } from "@mantine/core";
import type { FormEvent, ReactNode, RefObject } from "react";
import { AskButtons } from "../../components/asking/AskButtons";
import { type DecodingForm, DecodingOptions } from "../../components/asking/DecodingOptions";
import { isAskedBy } from "../../components/asking/keys";
import { PromptField } from "../../components/asking/PromptField";
import { Card } from "../../components/Card";
import { EarlierPrompts } from "./EarlierPrompts";
import { words } from "./words";

const t = words.prompt;

interface PromptCardProps {
  prompt: string;
  onPrompt: (prompt: string) => void;
  field: RefObject<HTMLTextAreaElement | null>;
  earlier: string[];
  decoding: DecodingForm;
  models: ReactNode;
  blind: { isOn: boolean; isPossible: boolean; change: (isOn: boolean) => void };
  isReady: boolean;
  isAsking: boolean;
  onAsk: () => void;
  onStop: () => void;
}

export function PromptCard(props: PromptCardProps) {
  const { prompt, onPrompt, field, earlier, decoding, models, blind, isReady, isAsking, onAsk, onStop } = props;
  const ask = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) onAsk();
  };
  return (
    <Card title={t.title} aside={<EarlierPrompts prompts={earlier} onChoose={onPrompt} />}>
      <Stack component="form" gap="sm" onSubmit={ask} onKeyDown={(event) => isAskedBy(event) && ask(event)}>
        <PromptField ref={field} value={prompt} onChange={(event) => onPrompt(event.currentTarget.value)} />
        {models}
        <DecodingOptions form={decoding} />
        <Group justify="space-between" gap="sm">
          <Tooltip label={blind.isPossible ? words.blind.meaning : words.blind.needsTwo}>
            <Switch
              label={words.blind.label}
              checked={blind.isOn && blind.isPossible}
              disabled={!blind.isPossible}
              onChange={(event) => blind.change(event.currentTarget.checked)}
              data-testid="blind"
            />
          </Tooltip>
          <AskButtons isReady={isReady} isAsking={isAsking} onStop={onStop} />
        </Group>
      </Stack>
    </Card>
  );
}
