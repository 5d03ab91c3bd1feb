import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The folder of the SDK. This file runs from build/test. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a program in `cwd` until it ends and returns its stdout. Rejects with its output if it fails. */
export async function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  const done = promisify(execFile)(file, args, { cwd, timeout: 240_000, env: { ...process.env, ...QUIET } });
  const { stdout } = await done.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${file} ${args.join(" ")}\n${error.stdout}${error.stderr}`);
  });
  return stdout;
}

const QUIET = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", DENO_NO_PACKAGE_JSON: "1", npm_config_loglevel: "error" };

/** The path of a program that npm installed. */
export function bin(name: string): string {
  return join(ROOT, "node_modules/.bin", name);
}

/** Creates an empty folder. Returns its path and a function that removes it. */
export async function createFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "wokspec-sdk-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Packs the SDK, installs the package in a new project in `path`, and returns the tarball. */
export async function installPackage(path: string): Promise<string> {
  const packed = await run(ROOT, "npm", "pack", "--ignore-scripts", "--json", "--pack-destination", path);
  const tarball = join(path, (JSON.parse(packed) as [{ filename: string }])[0].filename);
  await writeFile(join(path, "package.json"), '{ "name": "consumer", "private": true }');
  await run(path, "npm", "install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", tarball);
  return tarball;
}
