"""What a round trip or an import loses, until the mapping says that it may."""

from __future__ import annotations

from etl.mapping.checks.context import Context


def check_losses(context: Context) -> None:
    """W165 to W167: losses of codecs, of flag combinations, and of edits that every import overwrites."""
    for rule in context.rules:
        if rule.lossy:
            continue
        for code, message in rule.losses(context.name, context.outside_types):
            context.find(rule.where, code, message, "say lossy: and why that is right")
    for inner in context.elements():
        check_losses(inner)
