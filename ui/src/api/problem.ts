// Every failure of a request as one kind of error, so that a screen can always show what happened and what to do.

/** What the API answers instead of a result, or what stood in the way of asking it. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** What the page may branch on. `unreachable` and `unreadable` are ours: no answer came, or none we understand. */
  readonly code: string;
  readonly hint: string | null;
  /** The field of the request that is to blame. */
  readonly field: string | null;

  constructor({ code, message, hint, field }: ProblemFields, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint ?? null;
    this.field = field ?? null;
  }

  static async fromResponse(response: Response): Promise<ApiProblem> {
    const body: unknown = await response.json().catch(() => undefined);
    if (isProblem(body)) return new ApiProblem(body);
    return new ApiProblem({
      code: "unreadable",
      message: `Attune answered with status ${response.status} and no explanation.`,
      hint: "The log of Attune says more.",
    });
  }

  static fromNetworkError(cause: unknown): ApiProblem {
    return new ApiProblem(
      {
        code: "unreachable",
        message: "Attune did not answer.",
        hint: "If it was closed, start it again; this page then connects by itself.",
      },
      { cause },
    );
  }
}

export interface ProblemFields {
  code: string;
  message: string;
  hint?: string | null;
  field?: string | null;
}

function isProblem(body: unknown): body is ProblemFields {
  return (
    typeof body === "object" &&
    body !== null &&
    "code" in body &&
    typeof body.code === "string" &&
    "message" in body &&
    typeof body.message === "string"
  );
}
