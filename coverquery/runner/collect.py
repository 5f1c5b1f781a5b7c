"""Asking pytest what tests there are, without running them."""

from coverquery.runner.journal import Follower
from coverquery.runner.launch import launch
from coverquery.runner.plan import Collected, LaunchPlan


def collect(plan: LaunchPlan) -> Collected:
    """Have pytest collect, quietly; what it found is read from the recorder's journal.

    Args:
        plan: as for a run; its run folder must be a fresh one.
    """
    request = plan.request._replace(collect_only=True, skip=(), complete=not plan.paths)
    args = (*plan.args, "--collect-only", "-q")
    result = launch(plan._replace(request=request, args=args, output="log", progress=False))
    items: dict[str, str] = {}
    errors: dict[str, str] = {}
    complete = False
    for line in Follower(plan.run_folder).lines():
        match line:
            case ["n", list(found), whole]:
                items.update((nodeid, path) for nodeid, path in found)
                complete = bool(whole)
            case ["e", str(path), str(text)]:
                errors[path] = text
    return Collected(
        tuple(items.items()), complete and not errors, tuple(errors.items()), result.status
    )
