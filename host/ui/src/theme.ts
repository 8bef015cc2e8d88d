/** The theme: as the system has it, until a person chooses. It is all that the page stores. */
import { useEffect, useState } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "theme";
export const nextTheme = (theme: Theme): Theme => (theme === "system" ? "light" : theme === "light" ? "dark" : "system");

const read = (): Theme => {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
};
const prefersDark = () => window.matchMedia("(prefers-color-scheme: dark)");
export const applyTheme = (theme: Theme = read()): void => {
  document.documentElement.dataset.theme = theme === "system" ? (prefersDark().matches ? "dark" : "light") : theme;
};

export const useTheme = (): [Theme, (theme: Theme) => void] => {
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    applyTheme(theme);
    const follow = () => applyTheme(theme);
    const query = prefersDark();
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, [theme]);
  return [theme, (chosen) => { localStorage.setItem(KEY, chosen); setTheme(chosen); }];
};
