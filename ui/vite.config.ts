import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const ATTUNE = "http://127.0.0.1:7717";

export default defineConfig({
  plugins: [react()],
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    // For a browser beside `attune serve`. It answers only to its own name and its own page, so this passes as both.
    proxy: { "/api": { target: ATTUNE, changeOrigin: true, headers: { origin: ATTUNE } } },
  },
  build: {
    target: "es2022",
    // The page is read from disk or from the binary itself, never over a network: one file is as quick as many.
    chunkSizeWarningLimit: 1500,
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
