export const words = {
  retry: "Try again",
  copied: "Copied",
  copyDigest: (digest: string) => `Copy ${digest}`,
  copyDigestOf: (digest: string) => `Copy digest ${digest}`,
};
