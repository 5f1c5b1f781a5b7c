"""Real edits: what lies between releases. ``python -m benchmarks.releases [NAME...]``.

The difference between a release and the next one is split into its files; each is put into
the older release alone, and all together. For each edit: the whole suite with plain pytest,
what ``coverquery affected`` selects, and what pytest-testmon would run.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from benchmarks import fetch, tables
from benchmarks.fetch import EXIT_UNREACHABLE, FetchError
from benchmarks.laboratory import Laboratory
from benchmarks.projects import CACHE, Project, chosen
from benchmarks.recorded import CoverQueryFailedError
from benchmarks.release_diff import edits
from benchmarks.testmon import TestmonFailedError
from benchmarks.verdicts import Verdict, summary

WORDS = ("comments and docstrings", "typing")


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for on the command line."""

    python: str | None
    pairs: int
    jobs: int
    fresh: bool
    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """From one release to the next."""

    name: str
    laboratory: Laboratory
    verdicts: tuple[Verdict, ...]


def steps(project: Project, plan: Plan) -> list[Step]:
    """Take the newest steps of one project, oldest first."""
    older = [replace(project, version=one, sha256=digest) for one, digest in project.releases]
    return [step(*pair, plan) for pair in list(pairwise([*older, project]))[-plan.pairs :]]


def step(old: Project, new: Project, plan: Plan) -> Step:
    """Judge every edit between two releases."""
    checkout = fetch.fetch(old, plan.python)
    target = unpacked(new)
    lab = Laboratory(checkout, plan.name, jobs=plan.jobs, fresh=plan.fresh)
    verdicts = lab.judged(edits(old, checkout.path, target), {})
    return Step(f"{old.slug} → {new.version}", lab, tuple(verdicts))


def unpacked(project: Project) -> Path:
    """Return a release unpacked and committed, without an environment."""
    path = CACHE / "targets" / project.slug
    if not (path / ".git").exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fetch.unpack(fetch.download(project, CACHE / "sdists"), path)
        fetch.commit(path)
    return path


def report(found: list[Step]) -> str:
    """Return the tables and the notes."""
    said = [tables.MEANS, "", tables.HEAD]
    sums = [summary(one.laboratory.base, one.verdicts) for one in found]
    said += [tables.row(one.name, total) for one, total in zip(found, sums, strict=True)]
    said += [tables.row("all", tables.joined(sums)), "", tables.HEAD]
    said += tables.kinds([(one.laboratory.base, one.verdicts) for one in found])
    said.append("")
    for one in found:
        lab = one.laboratory
        said += tables.notes(one.name, lab.base, one.verdicts, lab.checkout.path)
        for verdict in one.verdicts:
            ours = verdict.ours.selected
            if verdict.mutant.kind in WORDS and ours.tests:
                place = f"{one.name}: {verdict.mutant.kind} {verdict.mutant.where}"
                said.append(f"words that select: {place}: {len(ours.tests)} {ours.codes}")
    return "\n".join(said)


def main() -> int:
    """Measure, print the tables, list what must not be."""
    parser = argparse.ArgumentParser(prog="benchmarks.releases", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--pairs", type=int, default=9, help="steps of each project, the newest")
    parser.add_argument("--jobs", type=int, default=2, help="edits at a time")
    parser.add_argument("--python", help="such as 3.12")
    parser.add_argument("--fresh", action="store_true", help="use nothing measured before")
    parser.add_argument("--short", action="store_true", help="one small step of cachetools, fresh")
    parser.add_argument("--output", type=Path, help="write the report there as well")
    options = parser.parse_args()
    plan = Plan(
        python=options.python,
        pairs=options.pairs,
        jobs=options.jobs,
        fresh=options.fresh or options.short,
        name="releases-short" if options.short else "releases",
    )
    try:
        if options.short:
            (project,) = chosen(["cachetools"])
            middle = [replace(project, version=one, sha256=two) for one, two in project.releases]
            found = [step(middle[1], middle[2], plan)]
        else:
            found = [one for project in chosen(options.names) for one in steps(project, plan)]
    except FetchError as error:
        print(f"benchmarks.releases: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE
    except (CoverQueryFailedError, TestmonFailedError) as error:
        print(f"benchmarks.releases: {error}", file=sys.stderr)
        return 1
    text = report(found)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    return 1 if any(one.ours.really for each in found for one in each.verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
