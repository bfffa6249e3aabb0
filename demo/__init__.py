"""The demo store and its one day: data as CSV, and what loads them through the domain's own methods."""
