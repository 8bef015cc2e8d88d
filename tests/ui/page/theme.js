import { createTheme } from "@mui/material";

// Nothing moves: a test looks at what is there.
const still = { defaultProps: { transitionDuration: 0 } };

export const theme = createTheme({
  palette: { primary: { main: "#3552c8" }, background: { default: "#f5f6f9" } },
  shape: { borderRadius: 8 },
  typography: { fontFamily: '"Liberation Sans", Arial, sans-serif', fontSize: 13 },
  transitions: { create: () => "none" },
  components: {
    MuiButtonBase: { defaultProps: { disableRipple: true } },
    MuiTab: { styleOverrides: { root: { textTransform: "none" } } },
    MuiMenu: still,
    MuiPopover: still,
    MuiDialog: still,
    MuiFormControl: { defaultProps: { size: "small" } },
    MuiTextField: { defaultProps: { size: "small" } },
    MuiInputBase: { defaultProps: { size: "small" } },
  },
});
