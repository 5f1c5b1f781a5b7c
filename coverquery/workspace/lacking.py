"""What evidence a missed test lacked: what changed since, and what of it was known to matter."""

from collections.abc import Mapping
from functools import cache

from coverquery.audited import AuditedChange
from coverquery.git.trees import CommitTree
from coverquery.index.contents_seen import ContentsSeen, contents_seen
from coverquery.index.manifests import read_manifest
from coverquery.index.runs import run_folders
from coverquery.model import Execution, Oid, RepoPath
from coverquery.workspace.running import Session

_CONTENT = frozenset({"code", "raw", "docstrings", "pytest-config"})


class Lacking:
    """Explains the misses of one audit."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changed_since = cache(self._changed)

    def told(
        self, change: AuditedChange, held: Execution | None, now: Execution | None
    ) -> AuditedChange:
        """Return the change with what was lacking, as far as that can be told.

        Args:
            change: what came out differently.
            held: the record that was said to hold.
            now: what the full run recorded.
        """
        if held is None:
            return change
        ids = [one.id for one in (held, now) if one is not None]
        seen = contents_seen(self._session.index, ids)
        before = seen[held.id]
        after = seen[now.id] if now else ContentsSeen()
        changed = self._changed_since(held.run, held.commit)
        known = {path for path in before.paths if self._differs(before, path)}
        return change._replace(
            held_at=held.commit,
            seen=tuple(sorted(known)),
            unseen=tuple(sorted(changed - before.paths)),
            fresh=tuple(sorted(after.paths - before.paths)) if before.seen else (),
        )

    def _differs(self, before: ContentsSeen, path: RepoPath) -> bool:
        now = self._session.before.get(path)
        digests = [found for (view, at), found in before.seen.items() if at == path]
        views = {view for view, at in before.seen if at == path}
        return bool(views & _CONTENT) and not any((now or "") in found for found in digests)

    def is_of_another_state(self, held: Execution) -> bool:
        """Tell whether a record was made of other files than the ones audited."""
        return bool(self._changed_since(held.run, held.commit))

    def _changed(self, uid: str, commit: str | None) -> frozenset[RepoPath]:
        then = self._files_of(uid, commit)
        now = self._session.before
        return frozenset(
            path for path in then.keys() | now.keys() if then.get(path) != now.get(path)
        )

    def _files_of(self, uid: str, commit: str | None) -> Mapping[RepoPath, Oid]:
        """Return the files there were at a run: from its folder, else from its commit.

        Where neither is there any more, those of now: nobody can say what changed.
        """
        for folder in run_folders(self._session.home):
            if folder.info.uid == uid and (manifest := read_manifest(folder)) is not None:
                return manifest.files
        repo = self._session.place.repo
        if repo is None or commit is None or repo.missing([commit]):
            return self._session.before
        tree = CommitTree(repo, commit)
        return {path: oid for path in tree.paths() if (oid := tree.oid(path)) is not None}
