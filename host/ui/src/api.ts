/** The API of the host, typed: the only module that sends a request. */
import type { Json, JsonObject } from "./model/json";
import type { Schema } from "./model/fields";

export interface Problem { path: string; code: string; message: string; severity: string }
export interface Destination {
  slug: string; name: string; description: string; plugin: string | null;
  actions: { slug: string; title: string; hidden: boolean }[]; problems: Problem[];
}
export interface Catalog { destinations: Destination[]; leftOut: { plugin: string; message: string }[] }
export interface InstanceRow {
  name: string; destination: string; file: string | null; readOnly: string | null; mappings: number; enabled: number; error?: string;
}
export interface Instance { name: string; file: string | null; readOnly: string | null; revision: string; document: InstanceFile }
export interface Subscription extends JsonObject {}
export interface InstanceFile extends JsonObject {}
export interface FieldPreview { field: string; reads: string[]; absent: string[]; value?: Json; error?: string }
export interface Request { method: string; url: string; headers: Record<string, string>; body: Json; assumption: string | null }
export interface Failure { code: string; message: string; remedy: string; problems: Problem[] }
export interface SubscriptionPreview {
  index: number; subscription: string; action: string; fields: FieldPreview[]; matches: boolean; unmet: string | null;
  payload: Json; requests: Request[]; failed: Failure | null;
}
export interface Exchange { method: string; url: string; status: number | null; requestId: string | null; body: string | null; error: string | null; seconds: number }
export interface TestResult { status: "delivered" | "failed" | "skipped"; reason?: string; unmet: string | null; failed?: Failure; response?: Json; exchanges: Exchange[] }
export interface Trigger { text: string; tree: Json; problems: Problem[]; warnings: string[]; matches?: boolean; unmet?: string | null }
export interface Choices { choices: { value: Json; label: string }[]; next_page: string | null }
export interface Secret { name: string; isSet: boolean; where: "environment" | "file" | null }
export interface Credentials { ok: boolean | null; tested: boolean; account: string | null; message: string; warnings: string[] }
export interface Manifest extends JsonObject {
  name: string; description: string; secrets?: string[];
  actions: Record<string, { title: string; description: string; trigger: string | null; hidden: boolean; dynamicChoices: string[]; secrets: string[] } & JsonObject>;
}

/** A refusal of the host: its problem document. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly document: JsonObject) {
    super(message);
  }
}

// In memory alone: what a page stores, every script of its origin could read later.
let token = "";
export const useToken = (given: string): void => void (token = given);

const ask = async <T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> => {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(`/api${path}`, {
    method, headers, ...(body !== undefined && { body: JSON.stringify(body) }), ...(signal && { signal }),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  const found = (() => { try { return JSON.parse(text) as JsonObject; } catch { return {}; } })();
  throw new ApiError(response.status, String(found.code ?? response.status), String(found.detail ?? found.error ?? response.statusText), found);
};

const at = encodeURIComponent;
const documents = new Map<string, Promise<unknown>>();

export const api = {
  destinations: () => ask<Catalog>("GET", "/destinations"),
  document: <T = Schema>(slug: string, name: string): Promise<T> => {
    const path = `/destinations/${at(slug)}/documents/${at(name)}`;
    const known = documents.get(path) as Promise<T> | undefined;
    if (known) return known;
    const asked = ask<T>("GET", path);
    documents.set(path, asked);
    asked.catch(() => documents.delete(path));
    return asked;
  },
  manifest: (slug: string) => api.document<Manifest>(slug, "manifest.json"),
  samples: (slug: string) => ask<{ events: JsonObject[] }>("GET", `/destinations/${at(slug)}/samples`),
  choices: (slug: string, request: JsonObject) => ask<Choices>("POST", `/destinations/${at(slug)}/choices`, request),
  instances: () => ask<{ instances: InstanceRow[] }>("GET", "/instances"),
  instance: (name: string) => ask<Instance>("GET", `/instances/${at(name)}`),
  review: (name: string, document: Json) => ask<{ diff: string; revision: string }>("POST", `/instances/${at(name)}/review`, { document }),
  write: (name: string, document: Json, revision: string) => ask<Instance>("PUT", `/instances/${at(name)}`, { document, revision }),
  moveToFile: (name: string) => ask<Instance>("POST", `/instances/${at(name)}/move-to-file`, {}),
  reload: () => ask<JsonObject>("POST", "/reload", {}),
  check: (document: Json) => ask<{ ok: boolean; problems: Problem[]; warnings: Problem[] }>("POST", "/check", { document }),
  preview: (document: Json, event: Json, signal?: AbortSignal) =>
    ask<{ subscriptions: SubscriptionPreview[]; problems: Problem[] }>("POST", "/preview", { document, event }, signal),
  testCredentials: (document: Json) => ask<Credentials>("POST", "/test-credentials", { document }),
  readTrigger: (text: string, event?: Json) => ask<Trigger>("POST", "/triggers/read", { text, event }),
  writeTrigger: (tree: Json) => ask<{ text: string | null; problems: Problem[] }>("POST", "/triggers/write", { tree }),
  sendTest: (document: Json, subscription: string, event: Json) => ask<TestResult>("POST", "/send-test", { document, subscription, event }),
  secret: (name: string) => ask<Secret>("GET", `/secrets/${at(name)}`),
  writeSecret: (name: string, value: string) => ask<Secret>("PUT", `/secrets/${at(name)}`, { value }),
};
