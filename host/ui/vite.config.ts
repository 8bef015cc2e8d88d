import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The package that a module or a font belongs to, undefined for our own. */
const packageOf = (id: string): string | undefined => PACKAGE.exec(id.replace(/^\0/, ""))?.[0];

/** Put the licence texts of everything bundled beside it: theirs ask for that. */
const licences = (): Plugin => ({
  name: "licences",
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? Object.keys(file.modules) : []));
    const fonts = ["@fontsource-variable/inter", "@fontsource-variable/jetbrains-mono"];
    const folders = new Set([
      ...modules.flatMap((id) => packageOf(id) ?? []),
      ...fonts.map((name) => join(import.meta.dirname, "node_modules", name)),
    ]);
    const texts = [...folders].sort().flatMap((folder) => {
      const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
      const { name: title, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return name ? [`${title} ${version}\n\n${readFileSync(join(folder, name), "utf8").trim()}\n`] : [];
    });
    this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join(`\n${"-".repeat(72)}\n\n`) });
  },
});

export default defineConfig({
  plugins: [react(), licences()],
  base: "./",
  build: {
    outDir: join(dirname(import.meta.dirname), "destination_host/console/assets"),
    emptyOutDir: true,
    // The strict policy of the page forbids `data:` fonts and scripts.
    assetsInlineLimit: 0,
    target: "es2022",
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": process.env.DKIT_HOST ?? "http://127.0.0.1:8484" } },
});
