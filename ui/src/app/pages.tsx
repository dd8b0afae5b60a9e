// The pages that exist, in the order of the navigation.

import { IconActivity, IconSettings, type TablerIcon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { SettingsPage } from "../features/settings/SettingsPage";
import { Bases } from "../features/train/bases/Bases";
import { TrainPage } from "../features/train/TrainPage";
import { platform } from "../platform";
import { words } from "./words";

interface Page {
  id: string;
  label: string;
  icon: TablerIcon;
  content: ReactNode;
}

export const pages: [Page, ...Page[]] = [
  {
    id: "train",
    label: words.pages.train,
    icon: IconActivity,
    content: <TrainPage pick={{ file: platform.pickFile, folder: platform.pickFolder }} />,
  },
  {
    id: "settings",
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
