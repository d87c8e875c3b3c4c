import { randomUUID } from "node:crypto";
import { catalogue } from "../../../catalogue/index.ts";
import type { Authentication, ErrorForm, Provider } from "../../../catalogue/types.ts";
import { readAnswers } from "../../own-files.ts";
import type { Adapter, Answer, ReceivedRequest, Refusal } from "../adapter.ts";
import { credentialsOf } from "../adapter.ts";
import { Connections } from "../endpoints/connection.ts";
import { OpenAiBatches } from "../endpoints/openai-batches.ts";
import type { ProviderId } from "../keys.ts";
import { bearerOnly, routeOpenAiPath } from "./openai.ts";
import { FileStore } from "../uploads.ts";

/**
 * A provider that speaks OpenAI's API at an address of its own. Its row in the catalogue says where and which models; it refuses
 * in the words of its samples in `fixtures/providers/<id>/answers.json`.
 */
export function compatible(id: ProviderId): Adapter {
  const provider: Provider = catalogue[id];
  const { api, check, models } = provider;
  const base = api.generation.slice(0, -"/chat/completions".length);
  const generations = api.compatible?.paths.map((known) => `${base}${known}`) ?? [];
  const files = new FileStore();
  const batches = new OpenAiBatches();
  const connections = provider.keys.connection && new Connections(id, provider.keys.connection);
  const samples = readSamples(id);
  const refuse = (refusal: Refusal) => samples[refusal] ?? plainRefusal(provider, refusal);
  return {
    id,
    authenticate: (request) => keyIn(request, api.authentication, () => refuse("rejected")),
    route(request) {
      if (!request.path.startsWith(`${base}/`)) return null;
      const service = { models: models.chat, owner: id, files, batches, refuse };
      const route = routeOpenAiPath(request, `/v1${request.path.slice(base.length)}`, service);
      if (route?.kind === "listing") return check.listing === request.path ? route : null;
      return route?.kind === "generation" && !generations.includes(request.path) ? null : route;
    },
    ...(connections ? { answerWithoutKey: (request) => connections.answer(request) } : {}),
    listsToAnyone: check.isPublic ?? false,
    refuse,
    badRequest: (message) => answerIn(provider, 400, message),
    headers: () => ({ "x-request-id": randomUUID() }),
  };
}

/** Accepts one credential, in the header of the row; a second one anywhere spoils it. */
function keyIn(
  request: ReceivedRequest,
  { header, before }: Authentication,
  rejected: () => Answer,
): { key: string } | { refusal: Answer } {
  if (before !== "") return bearerOnly(request, rejected, rejected);
  const key = request.headers[header];
  return key && credentialsOf(request).length === 1 ? { key } : { refusal: rejected() };
}

const statuses: Readonly<Record<Refusal, number>> = {
  forbidden: 403,
  no_credit: 402,
  not_found: 404,
  overloaded: 503,
  rate_limited: 429,
  rejected: 401,
  scope_missing: 403,
  unavailable: 503,
};

/** A refusal that no sample has: its status in the provider's form. */
function plainRefusal(provider: Provider, refusal: Refusal): Answer {
  return answerIn(provider, statuses[refusal], refusal.replaceAll("_", " "));
}

function answerIn({ api }: Provider, status: number, message: string): Answer {
  const [form] = api.errorForms ?? [];
  const openAi = { error: { message, type: "invalid_request_error", param: null, code: null } };
  return { status, body: form ? bodyIn(form, status, message) : openAi };
}

function bodyIn(form: ErrorForm, status: number, message: string): object {
  const body: Record<string, any> = {};
  const put = (at: string, value: unknown) => {
    const fields = at.split(".");
    const last = fields.pop() as string;
    fields.reduce((object, field) => (object[field] ??= {}), body)[last] = value;
  };
  put(form.message, message);
  if (form.code) put(form.code, status);
  if (form.type) put(form.type, "invalid_request_error");
  return body;
}

interface Sample {
  status: number;
  body?: object;
  verdict: string | null;
}

const refusals: Readonly<Record<string, readonly Refusal[]>> = {
  rejected: ["rejected"],
  no_credit: ["no_credit"],
  rate_limited: ["rate_limited"],
  restricted: ["forbidden", "scope_missing"],
};

/** The first sample of each kind; those that follow are rarer. */
function readSamples(id: ProviderId): Partial<Record<Refusal, Answer>> {
  const samples = (JSON.parse(readAnswers(id)) as Sample[]).filter(({ body }) => body !== undefined);
  const entries = samples.reverse().flatMap(({ status, body, verdict }) => {
    return (refusals[verdict ?? ""] ?? []).map((refusal) => [refusal, { status, body }] as const);
  });
  return Object.fromEntries(entries);
}
