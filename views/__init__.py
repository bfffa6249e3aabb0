"""How people reach the workshop. Thin."""
