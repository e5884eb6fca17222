// Where the system of `make run` is, and who asks.

import { readFileSync } from "node:fs";

/** From GATEWAY_URL and TOKEN, else from what `make run` tells in `.run/env` of the current folder. */
export function environment(): { url: string; token: string } {
  const told = { ...toldByRun(), ...process.env };
  const { GATEWAY_URL: url, TOKEN: token } = told;
  if (!url || !token) throw new Error("GATEWAY_URL and TOKEN are not set, and there is no .run/env: is `make run` up?");
  return { url, token };
}

function toldByRun(): Record<string, string> {
  try {
    const lines = readFileSync(".run/env", "utf8").split("\n");
    return Object.fromEntries(lines.filter(Boolean).map(assignment));
  } catch {
    return {};
  }
}

function assignment(line: string): [string, string] {
  const [name = "", ...value] = line.split("=");
  return [name, value.join("=").replace(/^'(.*)'$/, "$1")];
}
