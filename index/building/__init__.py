"""How papers become a segment: inversion, in this process or a second one."""
