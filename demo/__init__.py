"""The demo store and its one day: data as CSV, and what loads them through the domain's own methods."""

PASSWORD = "mingchejian-2026"  # noqa: S105  everybody may know it: it opens the demo store and nothing else
PIN = "407182"  # on an enrolled tablet; as little of a secret
