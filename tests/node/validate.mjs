// Reads a JSON file with a list of FHIR R4 resources; prints a list with the messages of FHIR.js about each.
import { readFileSync } from "node:fs";
import fhir from "fhir";

const resources = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const validator = new fhir.Fhir();
const messages = resources.map((resource) =>
  validator.validate(resource, { errorOnUnexpected: true }).messages.map(({ location, severity, message }) => ({
    location: location ?? "",
    severity,
    message,
  })),
);
process.stdout.write(JSON.stringify(messages));
