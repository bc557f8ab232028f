// Calls a CDS service as an application on Medplum does, with Medplum's own client; prints what was sent and answered.
//
// Reads from standard input: {"cds", "fhir": addresses, "service": id, "user": {resourceType, id}, "context": {...},
// "templates": {key: template to use instead of the one in discovery}}.
import { readFileSync } from "node:fs";

// Node has this from version 22 on. Medplum's client wants it on import, although nothing here uses it.
globalThis.WebSocket ??= class {};
const { MedplumClient, buildCdsRequest, normalizeErrorString } = await import("@medplum/core");

const told = JSON.parse(readFileSync(0, "utf-8"));
const medplum = new MedplumClient({ baseUrl: told.cds, fhirUrlPath: told.fhir, cdsServicesUrl: told.cds, cacheTime: 0 });
medplum.setAccessToken(told.token);
const { services } = await medplum.getCdsServices();
const found = services.find((each) => each.id === told.service);
const service = { ...found, prefetch: { ...found.prefetch, ...told.templates } };
const request = await buildCdsRequest(medplum, told.user, service, told.context);
const answer = { services, request };
try {
  answer.response = await medplum.callCdsService(service.id, request);
} catch (error) {
  answer.error = { message: normalizeErrorString(error), outcome: error.outcome };
}
process.stdout.write(JSON.stringify(answer));
