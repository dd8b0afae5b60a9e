// The question: a prompt, who is asked, and how they shall answer.

import { Button, Group, Stack, Switch, Text, Textarea, Tooltip } from "@mantine/core";
import type { FormEvent, ReactNode, RefObject } from "react";
import { Card } from "../../components/Card";
import { type DecodingForm, DecodingOptions } from "../../components/decoding/DecodingOptions";
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
      <Stack
        component="form"
        gap="sm"
        onSubmit={ask}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(event);
        }}
      >
        <Textarea
          ref={field}
          label={t.label}
          placeholder={t.placeholder}
          autosize
          minRows={2}
          maxRows={8}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          data-testid="prompt"
          value={prompt}
          onChange={(event) => onPrompt(event.currentTarget.value)}
        />
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
          <Group gap="sm">
            <Text fz="xs" c="dimmed">
              {t.keys}
            </Text>
            {isAsking ? (
              <Button variant="default" onClick={onStop} data-testid="stop-answer">
                {t.stop}
              </Button>
            ) : null}
            <Button type="submit" disabled={!isReady} loading={isAsking} data-testid="ask">
              {t.ask}
            </Button>
          </Group>
        </Group>
      </Stack>
    </Card>
  );
}
