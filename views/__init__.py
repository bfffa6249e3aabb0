"""How people reach the workshop. Thin: a view finds, tells, shows."""
