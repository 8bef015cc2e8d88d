/** Small parts that every screen uses, on React Aria: buttons, selects, dialogs, and the states of what is loaded. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { Button as AriaButton, Dialog as AriaDialog, Heading, ListBox, ListBoxItem, Modal, ModalOverlay, Popover, Select as AriaSelect, SelectValue, Switch as AriaSwitch } from "react-aria-components";
import { ApiError } from "./api";
import { t } from "./texts";

type Kind = "" | "primary" | "quiet" | "small" | "icon";
export const Button = ({ kind = "", children, onPress, label, isDisabled = false, className = "" }: {
  kind?: Kind; children: ReactNode; onPress: () => void; label?: string; isDisabled?: boolean; className?: string;
}) => (
  <AriaButton className={`button ${kind} ${className}`} onPress={onPress} isDisabled={isDisabled} {...(label !== undefined && { "aria-label": label })}>{children}</AriaButton>
);

export interface SelectOption { id: string; label: string; description?: string }
export const Select = ({ label, value, options, onChange, className = "", isDisabled = false }: {
  label: string; value: string; options: readonly SelectOption[]; onChange: (id: string) => void; className?: string; isDisabled?: boolean;
}) => (
  <AriaSelect className={`select ${className}`} aria-label={label} value={value} isDisabled={isDisabled} onChange={(id) => onChange(String(id))}>
    <AriaButton><SelectValue>{({ isPlaceholder }) => (isPlaceholder ? value : options.find(({ id }) => id === value)?.label)}</SelectValue></AriaButton>
    <Popover className="popover">
      <ListBox items={options}>
        {({ id, label: text, description }) => (
          <ListBoxItem id={id} textValue={text} className="option">{text}{description && <small>{description}</small>}</ListBoxItem>
        )}
      </ListBox>
    </Popover>
  </AriaSelect>
);

export const Switch = ({ label, isOn, onChange, isDisabled = false }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void; isDisabled?: boolean }) => (
  <AriaSwitch className="switch" aria-label={label} isSelected={isOn} onChange={onChange} isDisabled={isDisabled}><span className="track" /></AriaSwitch>
);

export const Dialog = ({ title, children, onClose, actions }: { title: string; children: ReactNode; onClose: () => void; actions?: ReactNode }) => (
  <ModalOverlay className="overlay" isOpen isDismissable onOpenChange={(isOpen) => isOpen || onClose()}>
    <Modal className="dialog">
      <AriaDialog>
        <Heading slot="title" level={2}>{title}</Heading>
        {children}
        <footer><Button kind="quiet" onPress={onClose}>{actions ? t("cancel") : t("close")}</Button>{actions}</footer>
      </AriaDialog>
    </Modal>
  </ModalOverlay>
);

/** An input that shows the typed text while it is edited, and hands on what can be read of it. */
export const TextInput = ({ label, value, onChange, isCode = false, isMultiline = false, list, placeholder, isDisabled = false }: {
  label: string; value: string; onChange: (text: string) => void; isCode?: boolean; isMultiline?: boolean; list?: string; placeholder?: string; isDisabled?: boolean;
}) => {
  const shared = {
    "aria-label": label, value, disabled: isDisabled, spellCheck: false, autoComplete: "off", className: `input ${isCode ? "mono" : ""}`,
    ...(placeholder !== undefined && { placeholder }),
  };
  return isMultiline
    ? <textarea {...shared} rows={Math.min(12, Math.max(2, value.split("\n").length))} onChange={(event) => onChange(event.target.value)} />
    : <input {...shared} {...(list !== undefined && { list })} onChange={(event) => onChange(event.target.value)} />;
};

export type Loaded<T> = { state: "loading" } | { state: "failed"; error: Error; retry: () => void } | { state: "ready"; value: T; reload: () => void };

/** Load something for as long as the key stays the same. */
export const useLoaded = <T,>(key: string, load: () => Promise<T>): Loaded<T> => {
  const [loaded, setLoaded] = useState<{ key: string; value?: T; error?: Error }>({ key: "" });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const again = useCallback(() => setRound((old) => old + 1), []);
  useEffect(() => {
    let isCurrent = true;
    latest.current().then(
      (value) => isCurrent && setLoaded({ key, value }),
      (error: unknown) => isCurrent && setLoaded({ key, error: error instanceof Error ? error : new Error(String(error)) }),
    );
    return () => { isCurrent = false; };
  }, [key, round]);
  if (loaded.key !== key) return { state: "loading" };
  if (loaded.error) return { state: "failed", error: loaded.error, retry: again };
  return { state: "ready", value: loaded.value as T, reload: again };
};

export const Loading = () => <div className="page" role="status"><span className="hidden">{t("loading")}</span><div className="skeleton"><i /><i /><i /></div></div>;

export const LoadFailure = ({ error, retry }: { error: Error; retry: () => void }) => (
  <div className="page"><div className="note bad" role="alert"><strong>{t("failed")}.</strong> {error.message} <button className="link" onClick={retry}>{t("retry")}</button></div></div>
);

export const With = <T,>({ loaded, children }: { loaded: Loaded<T>; children: (value: T, reload: () => void) => ReactNode }) => {
  if (loaded.state === "loading") return <Loading />;
  if (loaded.state === "failed") return loaded.error instanceof ApiError && loaded.error.status === 401 ? null : <LoadFailure {...loaded} />;
  return children(loaded.value, loaded.reload);
};

/** Draw the links that descriptions have as Markdown; nothing else of it is read. */
export const Description = ({ text }: { text: string }) => (
  <>{text.split(/(\[[^\]]+\]\(https?:[^)\s]+\))/).map((part, index) => {
    const link = /^\[([^\]]+)\]\((https?:[^)\s]+)\)$/.exec(part);
    return link ? <a key={index} href={link[2]} target="_blank" rel="noreferrer">{link[1]}<span className="hidden"> ({t("openExternal")})</span></a> : part;
  })}</>
);
