/** Lays out wokgen.ts for tsc, once as an ES module and once as CommonJS, and clears what an earlier build left. */
import { copyFileSync, mkdirSync, rmSync } from "node:fs";

const root = new URL("../", import.meta.url);
for (const folder of ["dist/", "build/"]) rmSync(new URL(folder, root), { recursive: true, force: true });
mkdirSync(new URL("build/package/", root), { recursive: true });
for (const name of ["index.ts", "index.cts"]) {
  copyFileSync(new URL("wokgen.ts", root), new URL(`build/package/${name}`, root));
}
