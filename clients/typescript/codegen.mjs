// Writes src/generated: the types of the graph as our documents use it, and the manifest of persisted documents.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import { buildSchema, parse } from "graphql";

const HERE = dirname(fileURLToPath(import.meta.url));
const SCHEMA = join(HERE, "../../schema.graphql");
// The gateway's own pages are the frontend's, too; what only a client needs stands here.
const DOCUMENTS = [join(HERE, "../../gateway/documents"), join(HERE, "documents")];
const TARGET = join(process.argv[2] ?? join(HERE, "src/generated"), "/");

const PRESET = {
  fragmentMasking: false,
  persistedDocuments: { hashAlgorithm: "sha256" },
};
const CONFIG = {
  documentMode: "string",
  enumType: "string-literal",
  importExtension: ".js",
  scalars: { DateTime: "string", ID: "string", UUID: "string" },
  strictScalars: true,
  useTypeImports: true,
};
// The others serve documents that are written inside TypeScript; ours are files.
const WANTED = ["graphql.ts", "persisted-documents.json"];

async function documents() {
  const found = [];
  for (const folder of DOCUMENTS) {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".graphql")).sort();
    for (const name of names) {
      const rawSDL = await readFile(join(folder, name), "utf8");
      found.push({ location: name, rawSDL, document: parse(rawSDL) });
    }
  }
  return found;
}

// The types carry each document as it was written, and the hash of how the manifest has it. With the manifest's text
// there, too, the hash is that of what a client sends.
function withTextsOf(texts, types) {
  const carried = /new TypedDocumentString\(`[^`]*`, \{"hash":"([^"]+)"\}/g;
  return types.replace(carried, (_, id) => `new TypedDocumentString(${JSON.stringify(texts[id])}, {"hash":"${id}"}`);
}

const sdl = await readFile(SCHEMA, "utf8");
const outputs = await preset.buildGeneratesSection({
  baseOutputDir: TARGET,
  schema: parse(sdl),
  schemaAst: buildSchema(sdl),
  documents: await documents(),
  config: CONFIG,
  presetConfig: PRESET,
  plugins: [],
  pluginMap: {},
});
// All before any is written: the manifest waits for what the types tell of the documents.
const wanted = outputs.filter(({ filename }) => WANTED.includes(filename.slice(TARGET.length)));
const written = await Promise.all(wanted.map(async (output) => [output.filename, await codegen(output)]));
const [types, manifest] = WANTED.map((name) => written.find(([filename]) => filename.slice(TARGET.length) === name));
types[1] = withTextsOf(JSON.parse(manifest[1]), types[1]);
await rm(TARGET, { recursive: true, force: true });
await mkdir(TARGET, { recursive: true });
for (const [filename, content] of written) {
  await writeFile(filename, `${content.trimEnd()}\n`);
}
