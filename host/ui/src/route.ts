/** Routes in the hash of the address: a host that serves files alone can serve them. */
import { useSyncExternalStore } from "react";

export interface Route { screen: "catalog" | "instances"; instance?: string; mapping?: number }

export const href = (...steps: string[]): string => `#/${steps.map(encodeURIComponent).join("/")}`;

export const readRoute = (hash: string): Route => {
  const [screen, instance, mapping] = hash.replace(/^#\/?/, "").split("/").map((step) => { try { return decodeURIComponent(step); } catch { return step; } });
  if (screen === "catalog") return { screen };
  const index = mapping !== undefined && /^\d+$/.test(mapping) ? Number(mapping) : undefined;
  return { screen: "instances", ...(instance && { instance }), ...(index !== undefined && { mapping: index }) };
};

const subscribe = (listener: () => void) => {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
};
let last = { hash: "", route: readRoute("") };
const current = (): Route => {
  if (last.hash !== window.location.hash) last = { hash: window.location.hash, route: readRoute(window.location.hash) };
  return last.route;
};
export const useRoute = (): Route => useSyncExternalStore(subscribe, current);
