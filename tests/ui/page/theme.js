import { createTheme } from "@mui/material";

// Nothing moves: a test looks at what is there.
const still = { defaultProps: { transitionDuration: 0 } };

export const themeOf = (mode) =>
  createTheme({
    palette:
      mode === "dark"
        ? { mode, primary: { main: "#9db2ff" } }
        : { mode, primary: { main: "#3552c8" }, background: { default: "#f5f6f9" }, text: { secondary: "#4b5260" } },
    shape: { borderRadius: 8 },
    typography: { fontFamily: '"Liberation Sans", Arial, sans-serif', fontSize: 13 },
    transitions: { create: () => "none" },
    components: { MuiButtonBase: { defaultProps: { disableRipple: true } }, MuiMenu: still, MuiPopover: still, MuiDialog: still, MuiFormControl: { defaultProps: { size: "small" } } },
  });
