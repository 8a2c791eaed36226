"""The paper a citizen takes home: slips, how they are laid out, and the printers that put them on paper."""
