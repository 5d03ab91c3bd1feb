import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";

/**
 * Writes a generated file, or with --check only looks whether it is as it would be written.
 * @param {string} path
 * @param {string} content
 * @param {string} command that writes it
 * @returns {number} exit status: 1 if the check found it stale
 */
export function keep(path, content, command) {
  const fresh = existsSync(path) && readFileSync(path, "utf8") === content;
  if (fresh) return 0;
  if (argv.includes("--check")) {
    console.error(`${path} is stale: run \`${command}\`.`);
    return 1;
  }
  writeFileSync(path, content);
  return 0;
}
