// The pages that exist, in the order of the navigation.

import { IconActivity, IconMessages, IconSettings, IconSparkles, type TablerIcon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { GeneratePage } from "../features/generate/GeneratePage";
import { GENERATE } from "../features/generate/place";
import { PlaygroundPage } from "../features/playground/PlaygroundPage";
import { SETTINGS } from "../features/settings/place";
import { SettingsPage } from "../features/settings/SettingsPage";
import { Bases } from "../features/train/bases/Bases";
import { placeOf, TRAIN } from "../features/train/place";
import { TrainPage } from "../features/train/TrainPage";
import { platform } from "../platform";
import { words } from "./words";

interface Page {
  id: string;
  label: string;
  icon: TablerIcon;
  content: ReactNode;
}

/** The page that opens where the address names none. */
const train: Page = {
  id: TRAIN,
  label: words.pages.train,
  icon: IconActivity,
  content: <TrainPage pick={{ file: platform.pickFile, folder: platform.pickFolder }} />,
};

export const pages: Page[] = [
  {
    id: GENERATE,
    label: words.pages.generate,
    icon: IconSparkles,
    content: (
      <GeneratePage
        pick={{ file: platform.pickFile, folder: platform.pickFolder }}
        endpointsHref={`#${SETTINGS}/endpoints`}
        runHref={(runId) => `#${placeOf(runId)}`}
      />
    ),
  },
  train,
  {
    id: "playground",
    label: words.pages.playground,
    icon: IconMessages,
    content: <PlaygroundPage pickFolder={platform.pickFolder} trainHref={`#${TRAIN}`} />,
  },
  {
    id: SETTINGS,
    label: words.pages.settings,
    icon: IconSettings,
    content: (
      <SettingsPage
        pick={{ file: platform.pickFile, folder: platform.pickFolder }}
        openFolder={platform.window?.openDataFolder}
        bases={<Bases pickFolder={platform.pickFolder} />}
        isServed={platform.kind === "browser"}
      />
    ),
  },
];

/** The page of an address: its first part is the page's, the rest is what the page shows. */
export function pageAt(hash: string): Page {
  return pages.find(({ id }) => id === hash.slice(1).split("/")[0]) ?? train;
}
