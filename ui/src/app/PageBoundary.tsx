// What is shown in the place of a page that cannot be drawn, such as one whose charts could not be loaded because
// the server had gone: the navigation and everything else stay.

import { Box } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { ProblemNotice } from "../components/ProblemNotice";
import { words } from "./words";

interface PageBoundaryProps {
  children: ReactNode;
}

interface PageBoundaryState {
  failure: unknown;
}

// React tells only classes of what failed below them.
export class PageBoundary extends Component<PageBoundaryProps, PageBoundaryState> {
  override state: PageBoundaryState = { failure: undefined };

  static getDerivedStateFromError(failure: unknown): PageBoundaryState {
    return { failure };
  }

  override render() {
    const { failure } = this.state;
    if (failure === undefined) return this.props.children;
    const why = failure instanceof Error ? failure.message : String(failure);
    return (
      <Box p="md" maw={720}>
        {/* Parts that could not be loaded are asked for anew only by a new page. */}
        <ProblemNotice
          problem={{ message: words.pageFailed(why), hint: words.pageFailedHint }}
          onRetry={() => window.location.reload()}
        />
      </Box>
    );
  }
}
