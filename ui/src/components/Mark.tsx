// The mark: a tuning fork whose tines are two loss curves, one as measured and one smoothed.
// The same shapes as src-tauri/icons/icon.svg.

export function Mark({ size }: { size: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 64 64"
      fill="none"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      <g strokeWidth={6}>
        <path stroke="currentColor" d="M52 7C52 25 49 41 32 42V58" />
        <path stroke="var(--mantine-color-accent-filled)" d="M12 7 15 19 17 15 20 29 22.5 25.5 26 38 32 42" />
      </g>
    </svg>
  );
}
