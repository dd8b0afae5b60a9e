import { Button, Menu, ScrollArea, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { words } from "./words";

const t = words.prompt;

interface EarlierPromptsProps {
  prompts: string[];
  onChoose: (prompt: string) => void;
}

/** The prompts of this session, to ask one of them again or to go on from it. */
export function EarlierPrompts({ prompts, onChoose }: EarlierPromptsProps) {
  return (
    <Menu position="bottom-end" width={420}>
      <Menu.Target>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconHistory size={16} aria-hidden />}
          data-testid="earlier-prompts"
        >
          {t.earlier}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {prompts.length === 0 ? <Menu.Label>{t.noneEarlier}</Menu.Label> : null}
        <ScrollArea.Autosize mah={320} type="auto">
          {prompts.map((prompt) => (
            <Menu.Item key={prompt} onClick={() => onChoose(prompt)}>
              <Text fz="sm" ff="monospace" lineClamp={2}>
                {prompt}
              </Text>
            </Menu.Item>
          ))}
        </ScrollArea.Autosize>
      </Menu.Dropdown>
    </Menu>
  );
}
