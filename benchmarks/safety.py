"""Is any affected test ever left out? ``python -m benchmarks.safety [NAME...]``.

Seeded mutants of executed lines, of every statement at module and class level, and of files.
For each: the whole suite with plain pytest, what ``coverquery affected`` selects, and what
pytest-testmon would run. What took long is kept under ``.cache/benchmarks/results``, ours by
the version of our code: an interrupted benchmark goes on, a later one asks only us.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import fetch, tables
from benchmarks.candidates import candidates
from benchmarks.fetch import EXIT_UNREACHABLE, FetchError
from benchmarks.laboratory import Laboratory
from benchmarks.mutants import draw
from benchmarks.projects import Project, chosen
from benchmarks.recorded import CoverQueryFailedError
from benchmarks.testmon import TestmonFailedError
from benchmarks.verdicts import Verdict, summary


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for on the command line."""

    python: str | None
    mutants: int
    seed: int
    jobs: int
    kinds: tuple[str, ...]
    fresh: bool
    name: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One project."""

    laboratory: Laboratory
    verdicts: tuple[Verdict, ...]


def prove(project: Project, plan: Plan) -> Proof:
    """Draw the mutants of one project and judge them."""
    checkout = fetch.fetch(project, plan.python)
    lab = Laboratory(checkout, plan.name, jobs=plan.jobs, fresh=plan.fresh)
    lines = lab.executed()
    found = candidates(
        project, checkout.path, {path: frozenset(one) for path, one in lines.items()}
    )
    wanted = {
        kind: sites
        for kind, sites in found.items()
        if not plan.kinds or any(word in kind for word in plan.kinds)
    }
    mutants = draw(checkout.path, wanted, plan.mutants, plan.seed)
    return Proof(lab, tuple(lab.judged(mutants, lines)))


def report(proofs: list[Proof]) -> str:
    """Return the tables and the notes."""
    said = [tables.MEANS, "", tables.HEAD]
    for proof in proofs:
        slug = proof.laboratory.checkout.project.slug
        said.append(tables.row(slug, summary(proof.laboratory.base, proof.verdicts)))
    if len(proofs) > 1:
        sums = [summary(proof.laboratory.base, proof.verdicts) for proof in proofs]
        said.append(tables.row("all", tables.joined(sums)))
    groups = [(proof.laboratory.base, proof.verdicts) for proof in proofs]
    said += ["", tables.HEAD, *tables.kinds(groups, tables.level)]
    said += ["", tables.HEAD, *tables.kinds(groups)]
    said.append("")
    for proof in proofs:
        exact = [one for one in proof.verdicts if one.extra is not None]
        right = [one for one in exact if not one.extra and not one.lacking]
        slug = proof.laboratory.checkout.project.slug
        lab = proof.laboratory
        ours, peer = lab.unchanged()
        said.append(f"{slug}: nothing changed: we select {ours}, testmon {peer}")
        said.append(
            f"{slug}: exactly the tests that executed the statement: {len(right)} of {len(exact)}"
        )
        said += tables.notes(slug, lab.base, proof.verdicts, lab.checkout.path)
    return "\n".join(said)


def main() -> int:
    """Measure, print the tables, list what must not be."""
    parser = argparse.ArgumentParser(prog="benchmarks.safety", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--mutants", type=int, default=200, help="for each project")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    parser.add_argument("--kinds", nargs="+", default=(), help="words, one of which a kind has")
    parser.add_argument("--python", help="such as 3.12")
    parser.add_argument("--fresh", action="store_true", help="use nothing measured before")
    parser.add_argument("--short", action="store_true", help="few mutants of cachetools, fresh")
    parser.add_argument("--output", type=Path, help="write the report there as well")
    options = parser.parse_args()
    names = options.names or (["cachetools"] if options.short else [])
    plan = Plan(
        python=options.python,
        mutants=12 if options.short else options.mutants,
        seed=options.seed,
        jobs=options.jobs,
        kinds=tuple(options.kinds),
        fresh=options.fresh or options.short,
        name="safety-short" if options.short else "safety",
    )
    try:
        proofs = [prove(project, plan) for project in chosen(names)]
    except FetchError as error:
        print(f"benchmarks.safety: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE
    except (CoverQueryFailedError, TestmonFailedError) as error:
        print(f"benchmarks.safety: {error}", file=sys.stderr)
        return 1
    text = report(proofs)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    return 1 if any(one.ours.really for proof in proofs for one in proof.verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
