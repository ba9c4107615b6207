"""One entry given by options, under the same rules and through the same code as a file for ``lingpai apply``."""

from typing import TYPE_CHECKING, Any

from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.cli.apply.difference import Difference
    from lingpai.cli.apply.document import Kind
    from lingpai.server.config import Config


def put_entry(config: "Config", kind: "Kind", values: dict[str, Any]) -> "Difference":
    """Write the entry with those of ``values`` that are given. Raises ``Refused`` with each rule it breaks."""
    from lingpai.cli.apply.command import apply_document
    from lingpai.cli.apply.document import Document, DocumentInvalid, Entry

    given = {name: value for name, value in values.items() if value not in (None, (), "")}
    document = Document([Entry(kind, 0, given)], {}, [])
    try:
        plan = apply_document(config, document, may_change=False)
    except DocumentInvalid as error:
        prefix = f"{kind.table}[0]"
        lines = (f"{problem.where.removeprefix(prefix).lstrip('.')}: {problem.message}" for problem in error.problems)
        raise Refused("\n".join(line.removeprefix(": ") for line in lines)) from None
    return plan.differences[0]
