"""The tables of the mutant benchmarks, in Markdown, and the notes below them."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.effects import Clean
from benchmarks.verdicts import Summary, Verdict, summary

MEANS = (
    "killed: the outcome of some test changes; missed: mutants that change one that was not "
    "selected (in brackets: none that a run of the selection would not show, or that changes when "
    "run alone); selected: mean share of the suite; safe: mutants neither tool misses a test of"
)
HEAD = (
    "| | mutants | killed | missed | missed by testmon | selected | by testmon "
    "| safe | selected | by testmon | ratio |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def row(name: str, one: Summary) -> str:
    """Return one row."""
    cells = [
        name,
        f"{one.mutants}",
        f"{one.killed}",
        f"{one.ours_missed}" + (f" (+{one.ours_leaning})" if one.ours_leaning else ""),
        f"{one.testmon_missed}",
        share(one.ours),
        share(one.testmon),
        f"{one.safe}",
        share(one.ours_safe),
        share(one.testmon_safe),
        "-" if one.ratio is None else f"{one.ratio:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def share(value: float | None) -> str:
    """Write a share in percent."""
    return "-" if value is None else f"{value:.1%}"


def kinds(
    groups: Iterable[tuple[Clean, Sequence[Verdict]]], name: Callable[[str], str] = str
) -> list[str]:
    """Return a row for each kind, or what it is called, over all projects."""
    found: dict[str, list[Summary]] = {}
    for base, verdicts in groups:
        for kind in sorted({name(one.mutant.kind) for one in verdicts}):
            some = [one for one in verdicts if name(one.mutant.kind) == kind]
            found.setdefault(kind, []).append(summary(base, some))
    return [row(kind, joined(found[kind])) for kind in sorted(found)]


def level(kind: str) -> str:
    """Return what part of a project a kind of mutant is about."""
    head = kind.partition(":")[0]
    if head in {"comment", "docstring", "reformatting", "annotation"}:
        return "words, annotations"
    if head in {"file", "data file", "configuration"}:
        return "files, configuration"
    return "module" if head == "syntax error" else head


def joined(parts: Sequence[Summary]) -> Summary:
    """Sum up several sums, weighing each mean by its mutants."""
    return Summary(
        mutants=sum(one.mutants for one in parts),
        killed=sum(one.killed for one in parts),
        ours_missed=sum(one.ours_missed for one in parts),
        ours_leaning=sum(one.ours_leaning for one in parts),
        testmon_missed=sum(one.testmon_missed for one in parts),
        ours=_mean([(one.ours, one.mutants) for one in parts]),
        testmon=_mean([(one.testmon, one.mutants) for one in parts]),
        safe=sum(one.safe for one in parts),
        ours_safe=_mean([(one.ours_safe, one.safe) for one in parts]),
        testmon_safe=_mean([(one.testmon_safe, one.safe) for one in parts]),
    )


def _mean(parts: Sequence[tuple[float | None, int]]) -> float | None:
    total = sum(weight for value, weight in parts if value is not None)
    return (
        sum(value * weight for value, weight in parts if value is not None) / total
        if total
        else None
    )


def notes(slug: str, base: Clean, verdicts: Sequence[Verdict], root: Path) -> list[str]:
    """List what must not be: misses, what is meaningless and selects, what is not exact."""
    said = [f"{slug}: flaky, left out: {name}" for name in sorted(base.flaky)]
    for one in verdicts:
        place = f"{slug}: {one.mutant.kind} {one.mutant.where} [{one.mutant.key}]"
        if one.ours.missed:
            said += [f"MISS {place}", *_indented(one.mutant.diff(root))]
            said += [f"    codes {one.ours.selected.codes} {one.ours.selected.failure}"]
            for name in one.ours.missed[:10]:
                pair = " -> ".join(one.effect.changed[name])
                alone = "  (shown, or as ever when run alone)" if name in one.ours.leaning else ""
                said.append(f"    {name}: {pair}{alone}")
            said.append(f"    {len(one.ours.missed)} in all")
        if one.effect.unfinished:
            said.append(f"partly unknown: {place}: {one.effect.unfinished} tests not reached")
        if one.extra or one.lacking:
            extra, lacking = sorted(one.extra or ()), sorted(one.lacking)
            said.append(
                f"inexact: {place}: {len(extra)} too many {extra[:2]}, "
                f"{len(lacking)} too few {lacking[:2]}"
            )
    return said


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]
