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
      <g strokeWidth={5.5}>
        <path stroke="var(--mantine-color-accent-filled)" d="M12 6 14.5 21 18.5 15.5 20 31 24 27.5 26 38.5 32 41" />
        <path stroke="currentColor" d="M52 6C52 26 50 41 32 41V58" />
      </g>
    </svg>
  );
}
