import { publishedSchemaText } from "../config/published-schema.ts";
import { type Command, readArguments, refuse } from "./command.ts";

export const schemaCommand: Command = {
  name: "schema",
  summary: "Print the JSON schema of the configuration",
  usage: `breakwater schema > schema.json

Editors complete and check YAML that begins with
  # yaml-language-server: $schema=./schema.json`,
  async run(args, io) {
    const parsed = readArguments(args, {});
    if ("problem" in parsed) return refuse(io, schemaCommand, parsed.problem);
    if (parsed.positionals.length > 0) return refuse(io, schemaCommand, "takes no arguments");
    io.stdout.write(publishedSchemaText());
    return 0;
  },
};
