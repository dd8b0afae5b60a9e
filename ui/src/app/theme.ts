// Ink and paper: one accent (amber in the dark, deep teal in the light), warm neutral greys, borders instead of shadows.

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple, virtualColor } from "@mantine/core";
import { words } from "./words";

const teal: MantineColorsTuple = [
  "#ecf6f4",
  "#dcece9",
  "#b8d9d4",
  "#8fc3bc",
  "#63a9a1",
  "#3f8f87",
  "#23766f",
  "#0f5f59",
  "#0b4e49",
  "#073a37",
];

const amber: MantineColorsTuple = [
  "#fff6e6",
  "#fdeacb",
  "#f9d79d",
  "#f6c573",
  "#f4b658",
  "#f2ab43",
  "#d8922b",
  "#ad711b",
  "#7f5212",
  "#523509",
];

/** Used for text, lines and fills in the light; 6 and darker reach 4.5:1 on paper. */
const gray: MantineColorsTuple = [
  "#f8f6f1",
  "#f2eee6",
  "#e8e3d9",
  "#dbd5c9",
  "#c2bbae",
  "#8d877c",
  "#6a655c",
  "#504c45",
  "#35322d",
  "#1f1d1a",
];

/** Used in the dark: 0 text, 2 dimmed text, 4 borders, 6 fields, 7 the ink itself. */
const dark: MantineColorsTuple = [
  "#eae7e1",
  "#cfccc5",
  "#a9a7a1",
  "#8d8c89",
  "#3a4048",
  "#2f343b",
  "#20242a",
  "#131519",
  "#0f1114",
  "#0a0b0d",
];

export const theme = createTheme({
  colors: { teal, amber, gray, dark, accent: virtualColor({ name: "accent", light: "teal", dark: "amber" }) },
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 5 },
  autoContrast: true,
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, monospace',
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "1.375rem", lineHeight: "2rem" }, h2: { fontSize: "1rem", lineHeight: "1.5rem" } },
  },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Modal: { defaultProps: { closeButtonProps: { "aria-label": words.close } } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": words.close } } },
    Tooltip: {
      defaultProps: {
        portalProps: { target: "#overlays" },
        withArrow: true,
        multiline: true,
        maw: 360,
        events: { hover: true, focus: true, touch: true },
      },
    },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#faf8f3",
    "--mantine-color-text": "#1f1d1a",
    "--mantine-color-dimmed": "var(--mantine-color-gray-6)",
    "--mantine-color-placeholder": "#736e65",
    "--mantine-color-default-border": "#d3ccbf",
    "--mantine-color-error": "var(--attune-failure)",
  },
  dark: {
    "--mantine-color-body": "#131519",
    "--mantine-color-default": "var(--mantine-color-dark-6)",
    "--mantine-color-default-border": "#434a53",
    "--mantine-color-error": "var(--attune-failure)",
  },
});
