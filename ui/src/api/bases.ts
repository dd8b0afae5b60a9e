// The base models that this computer has.

import type { UseQueryResult } from "@tanstack/react-query";
import { useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { Base } from "./types";

export function useBases() {
  const bases = useApi().doors.useQuery("get", "/api/v1/bases");
  // Every failure is an ApiProblem (client.ts), also behind a door whose document names none.
  return bases as UseQueryResult<Base[], ApiProblem>;
}
