"""The commands of `dkit`, a module each: `add_arguments` declares what one takes, `run` runs it."""
