"""A book of entries."""

from dataclasses import dataclass, field

from ledger.money import show
from ledger.rates import tax


@dataclass(frozen=True)
class Entry:
    account: str
    cents: int
    kind: str = "standard"

    @property
    def gross(self) -> int:
        return self.cents + tax(self.cents, self.kind)


@dataclass
class Book:
    entries: list[Entry] = field(default_factory=list)

    def add(self, account: str, cents: int, kind: str = "standard") -> Entry:
        if not account:
            raise ValueError("an entry needs an account")
        entry = Entry(account, cents, kind)
        self.entries.append(entry)
        return entry

    def balance(self, account: str) -> int:
        return sum(entry.gross for entry in self.entries if entry.account == account)

    def largest(self) -> Entry | None:
        return max(self.entries, key=lambda entry: entry.gross, default=None)

    def report(self) -> list[str]:
        names = sorted({entry.account for entry in self.entries})
        return [f"{name}: {show(self.balance(name))}" for name in names]
