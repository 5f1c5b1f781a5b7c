"""JSON Schemas of the documents: what programs may rely on.

The number in ``schema`` rises only on a breaking change; a new key is none, so readers must
ignore what they do not know, and the schemas allow it.
"""

from typing import Any, Final, get_args

from coverquery.audited import AuditCounts
from coverquery.model import Why
from coverquery.report.facts import IndexWord

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_COUNT_OR_NULL: Final[Schema] = {"type": ["integer", "null"], "minimum": 0}
_NUMBER: Final[Schema] = {"type": "number", "minimum": 0}
_NUMBER_OR_NULL: Final[Schema] = {"type": ["number", "null"], "minimum": 0}
_FLAG: Final[Schema] = {"type": "boolean"}
_WHY: Final[Schema] = {"enum": list(get_args(Why))}
_STATE: Final[Schema] = {"enum": list(get_args(IndexWord))}


def _object(*optional: str, **properties: Schema) -> Schema:
    required = [key for key in properties if key not in optional]
    return {"type": "object", "required": required, "properties": properties}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _document(name: str, **properties: Schema) -> Schema:
    body = _object(schema={"const": f"coverquery.{name}/1"}, **properties)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **body}


_TEXTS: Final = _list(_TEXT)
_INDEX: Final = _object(state=_STATE, commit=_TEXT_OR_NULL)
_OUTCOME: Final = _or_null(_object(outcome=_TEXT, commit=_TEXT_OR_NULL, seconds=_NUMBER))
_CUT: Final = _or_null(
    _object("changes", "lines", shown=_COUNT, of=_COUNT, changes=_COUNT, lines=_COUNT)
)

_AFFECTED: Final = _document(
    "affected",
    ok=_FLAG,
    base=_TEXT,
    head=_TEXT,
    index=_INDEX,
    evidence={"enum": ["recorded", "static"]},
    complete=_FLAG,
    counts=_object(selected=_COUNT, total=_COUNT, files=_COUNT, new=_COUNT, always=_COUNT),
    est_s=_NUMBER_OR_NULL,
    changes=_list(
        _object("note", file=_TEXT, lines=_TEXT, symbol=_TEXT, tests=_COUNT, note=_TEXT)
    ),
    tests=_list(
        _object(
            "names", "new",
            file=_TEXT, n=_COUNT, of=_COUNT, why=_list(_WHY), names=_TEXTS, new=_FLAG,
        )
    ),
    canaries=_list(_object(test=_TEXT, module=_TEXT, if_import_fails=_COUNT)),
    gaps=_TEXTS,
    unexplained=_TEXTS,
    notes=_TEXTS,
    truncated=_CUT,
    args_file=_TEXT_OR_NULL,
    next=_TEXTS,
)  # fmt: skip

_RUN: Final = _document(
    "run",
    ok=_FLAG,
    exit={"type": "integer"},
    base=_TEXT,
    complete=_FLAG,
    counts=_object(
        selected=_COUNT, total=_COUNT, passed=_COUNT, failed=_COUNT, errors=_COUNT,
        skipped=_COUNT, not_run=_COUNT,
    ),
    seconds=_NUMBER,
    failures=_list(
        _object(
            test=_TEXT, at=_TEXT_OR_NULL, error=_TEXT, same_cause=_COUNT, own_file_changed=_FLAG,
            hits_changed=_TEXTS, trace=_TEXTS,
        )
    ),
    gaps=_TEXTS,
    notes=_TEXTS,
    truncated=_CUT,
    log=_TEXT_OR_NULL,
    junit=_TEXT_OR_NULL,
    index=_object(state=_STATE, commit=_TEXT_OR_NULL, updated_tests=_COUNT),
    next=_TEXTS,
)  # fmt: skip

_WHY_DOCUMENT: Final = _document(
    "why",
    ok=_FLAG,
    test=_TEXT,
    selected=_FLAG,
    reasons=_list(
        _object(
            "file", "lines", "symbol", "via", "recorded_at", "text",
            why=_WHY, file=_TEXT, lines=_TEXT, symbol=_TEXT, via=_TEXT, recorded_at=_TEXT,
            text=_TEXT,
        )
    ),
    holds=_OUTCOME,
    covers=_object(files=_COUNT, lines=_COUNT),
    last=_OUTCOME,
    notes=_TEXTS,
    truncated=_CUT,
    next=_TEXTS,
)  # fmt: skip

_COVERS: Final = _document(
    "covers",
    ok=_FLAG,
    at=_TEXT,
    symbol=_TEXT,
    index=_INDEX,
    lines=_list(_object(lines=_TEXT, tests=_COUNT)),
    counts=_object(tests=_COUNT, files=_COUNT),
    tests=_list(_object(test=_TEXT, lines=_TEXT, focus={**_NUMBER, "maximum": 1})),
    notes=_TEXTS,
    truncated=_CUT,
    args_file=_TEXT_OR_NULL,
    next=_TEXTS,
)

_AUDITED: Final = dict.fromkeys(AuditCounts._fields, _COUNT)
_RATE_OR_NULL: Final[Schema] = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_RECORD: Final = _or_null(
    _object(
        audits=_COUNT, changed=_COUNT, exposed=_COUNT, missed=_COUNT,
        bound=_object(
            method=_TEXT, confidence=_NUMBER, per_change=_RATE_OR_NULL, per_skip=_RATE_OR_NULL
        ),
    )
)  # fmt: skip

_STATUS: Final = _document(
    "status",
    ok=_FLAG,
    index=_object(
        state=_STATE, commit=_TEXT_OR_NULL, behind=_COUNT_OR_NULL, tests=_COUNT,
        unknown_tests=_COUNT, untrusted_tests=_COUNT, files=_COUNT, mb=_NUMBER,
        python=_TEXT_OR_NULL,
        env={"enum": ["match", "differs", "unknown"]},
    ),
    watcher=_object(state={"enum": ["off", "idle", "running"]}, pending=_COUNT),
    dirty=_COUNT,
    warnings=_list(_object(code=_TEXT, text=_TEXT)),
    safety=_RECORD,
    next=_TEXTS,
)  # fmt: skip

_RUNS: Final = _document(
    "runs",
    ok=_FLAG,
    counts=_object(runs=_COUNT),
    runs=_list(
        _object(
            run=_TEXT, commit=_TEXT_OR_NULL, dirty=_FLAG,
            state={"enum": ["recording", "complete", "partial", "integrated"]},
            exit={"type": ["integer", "null"]}, started=_TEXT, seconds=_NUMBER_OR_NULL,
            outcomes={"type": "object", "additionalProperties": _COUNT},
        )
    ),
    truncated=_CUT,
    next=_TEXTS,
)  # fmt: skip

_AUDIT: Final = _document(
    "audit",
    ok=_FLAG,
    exit={"type": "integer"},
    counts=_object(**_AUDITED),
    audits=_list(_object(kind={"enum": ["tree", "replay"]}, commit=_TEXT_OR_NULL, **_AUDITED)),
    changes=_list(
        _object(
            test=_TEXT, verdict={"enum": ["missed", "unstable"]}, commit=_TEXT_OR_NULL, was=_TEXT,
            now=_TEXT, held_at=_TEXT_OR_NULL, seen=_TEXTS, fresh=_TEXTS, unseen=_TEXTS,
        )
    ),
    record=_RECORD,
    seconds=_NUMBER,
    notes=_TEXTS,
    truncated=_CUT,
    log=_TEXT_OR_NULL,
    next=_TEXTS,
)  # fmt: skip

_FLAKY: Final = _document(
    "flaky",
    ok=_FLAG,
    counts=_object(flaky=_COUNT, tests=_COUNT, runs=_COUNT),
    tests=_list(
        _object(
            test=_TEXT, outcomes=_TEXTS, times=_COUNT, last=_TEXT_OR_NULL, runs_since=_COUNT,
            in_one_run=_FLAG,
        )
    ),
    notes=_TEXTS,
    truncated=_CUT,
    next=_TEXTS,
)  # fmt: skip

_ERROR: Final = _document(
    "error",
    ok={"const": False},
    error=_object(code=_TEXT, text=_TEXT, fix=_TEXT_OR_NULL, safe_fallback=_TEXT_OR_NULL),
)

SCHEMAS: Final[dict[str, Schema]] = {
    "affected": _AFFECTED,
    "run": _RUN,
    "why": _WHY_DOCUMENT,
    "covers": _COVERS,
    "status": _STATUS,
    "runs": _RUNS,
    "audit": _AUDIT,
    "flaky": _FLAKY,
    "error": _ERROR,
}
