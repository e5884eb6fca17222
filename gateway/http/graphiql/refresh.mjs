#!/usr/bin/env node
// Fetches GraphiQL's browser build with npm and writes what was fetched into assets/, LICENCES and VERSIONS.
// GraphiQL 4 is the last with a self-contained build (5 needs a bundler and web workers), React 18 likewise.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = { graphiql: "4.1.2", react: "18.3.1", "react-dom": "18.3.1" };
const FILES = {
  "graphiql.js": "graphiql/graphiql.min.js",
  "graphiql.css": "graphiql/graphiql.min.css",
  "react.js": "react/umd/react.production.min.js",
  "react-dom.js": "react-dom/umd/react-dom.production.min.js",
};

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), "graphiql-"));
const modules = join(work, "node_modules");

function install(...wanted) {
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["install", "--prefix", work, ...options, ...wanted], { stdio: "inherit" });
}

// The style sheet carries 300 kB of fonts, each under its own licence: the system's fonts do. Neither file
// may send the developer tools after a source map that we do not serve.
function trimmed(text) {
  return text.replace(/@font-face\s*\{[^}]*\}\s*/g, "").replace(/^\/[/*]# sourceMappingURL=.*$/gm, "").trimEnd() + "\n";
}

// The build's own source map tells which packages were compiled into it.
function bundledPackages() {
  const { sources } = JSON.parse(readFileSync(join(modules, "graphiql/graphiql.min.js.map"), "utf8"));
  const names = sources.flatMap((path) => [...path.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].slice(-1));
  return [...new Set([...Object.keys(PACKAGES), ...names.map((match) => match[1])])].sort();
}

function licence(name) {
  const folder = join(modules, name);
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  if (texts.length) return texts.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
  const { license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${license} (the package ships no text${author ? `; author: ${author.name ?? author}` : ""})`;
}

// Many of the packages share one text: it is printed once, under all their names.
function licences(names) {
  const namesByText = new Map();
  for (const name of names) namesByText.set(licence(name), [...(namesByText.get(licence(name)) ?? []), name]);
  const sections = [...namesByText].map(([text, owners]) => `${"=".repeat(78)}\n${owners.join(", ")}\n\n${text}\n`);
  return sections.join("\n").replace(/\r/g, "").replace(/[ \t]+$/gm, "");
}

try {
  install(...Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`));
  const names = bundledPackages();
  // Dependencies that newer releases have dropped, but that are inside this build.
  const dropped = names.filter((name) => !existsSync(join(modules, name)));
  if (dropped.length) install(...dropped);
  writeFileSync(join(here, "LICENCES"), licences(names));
  const lines = Object.entries(PACKAGES).map(([name, version]) => `# ${name} ${version}`);
  for (const [file, source] of Object.entries(FILES)) {
    const text = trimmed(readFileSync(join(modules, source), "utf8"));
    writeFileSync(join(here, "assets", file), text);
    lines.push(`${createHash("sha256").update(text).digest("hex")}  assets/${file}`);
  }
  writeFileSync(join(here, "VERSIONS"), lines.join("\n") + "\n");
} finally {
  rmSync(work, { recursive: true });
}
