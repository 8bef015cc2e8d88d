/** An instance while it is edited: what was loaded, what it is now, and the way back. */
import { useSyncExternalStore } from "react";
import type { Instance, InstanceFile } from "./api";
import { same } from "./model/json";
import type { Json, JsonObject } from "./model/json";

interface Draft { saved: Instance; document: InstanceFile; past: InstanceFile[]; changedAt: number; part: string }
const MAX_STEPS = 200;
/** Keystrokes in one part within this time are one step back. */
const ONE_STEP = 800;

const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();
const publish = (name: string, draft: Draft): void => {
  drafts.set(name, draft);
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** Hold what was loaded; changes that were not saved stay. */
export const hold = (saved: Instance): void => {
  const held = drafts.get(saved.name);
  if (held && isChanged(held)) return;
  if (held?.saved.revision !== saved.revision) publish(saved.name, { saved, document: saved.document, past: [], changedAt: 0, part: "" });
};
/** Forget what was changed, in favour of this. */
export const replace = (saved: Instance): void => publish(saved.name, { saved, document: saved.document, past: [], changedAt: 0, part: "" });
/** Keep the changes, on top of what somebody else has saved. */
export const rebase = (saved: Instance): void => {
  const held = drafts.get(saved.name);
  if (held) publish(saved.name, { ...held, saved });
};

export const edit = (name: string, part: string, document: InstanceFile): void => {
  const held = drafts.get(name);
  if (!held || same(held.document, document)) return;
  const now = Date.now();
  const continues = held.part === part && now - held.changedAt < ONE_STEP && held.past.length > 0;
  const past = continues ? held.past : [...held.past, held.document].slice(-MAX_STEPS);
  publish(name, { ...held, document, past, changedAt: now, part });
};

export const undo = (name: string): void => {
  const held = drafts.get(name);
  const last = held?.past.at(-1);
  if (held && last) publish(name, { ...held, document: last, past: held.past.slice(0, -1), part: "" });
};

const isChanged = (draft: Draft): boolean => !same(draft.saved.document, draft.document);
export const anyChanged = (): boolean => [...drafts.values()].some(isChanged);
export const useDraft = (name: string): Draft | undefined => useSyncExternalStore(subscribe, () => drafts.get(name));

/** Return how many values differ between two documents. */
export const countChanges = (old: Json | undefined, now: Json | undefined): number => {
  if (same(old, now)) return 0;
  const isBoth = typeof old === "object" && typeof now === "object" && old !== null && now !== null && Array.isArray(old) === Array.isArray(now);
  if (!isBoth || (Array.isArray(old) && Array.isArray(now) && old.length !== now.length)) return 1;
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  const parts = [...names].map((name) => countChanges((old as JsonObject)[name], (now as JsonObject)[name]));
  return Math.max(1, parts.reduce((sum, part) => sum + part, 0));
};
