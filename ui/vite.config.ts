import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: { "/api": "http://127.0.0.1:7717" },
  },
  build: {
    target: "es2022",
    // The page is read from disk or from the binary itself, never over a network: one file is as quick as many.
    chunkSizeWarningLimit: 1500,
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
