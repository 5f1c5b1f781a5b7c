-- What tests are known to do. Everything is append-only and joined by union; the only
-- deletions are of executions beyond the newest few of a test and what only they used.
--
-- History of versions:
--   1  first
--   2  audit, unstable
--
-- Strings that are not valid Unicode (surrogate escapes) are stored as BLOB, see db.bound.

CREATE TABLE file (                     -- a path, interned
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE           -- RepoPath
);

CREATE TABLE blob (                     -- a path with a content
    id INTEGER PRIMARY KEY,
    file INTEGER NOT NULL REFERENCES file (id),
    oid TEXT NOT NULL,
    UNIQUE (file, oid)
);

CREATE TABLE line_set (                 -- stored once however many contexts share it
    id INTEGER PRIMARY KEY,
    numbits BLOB NOT NULL UNIQUE        -- coverage.py's format
);

CREATE TABLE context (                  -- a piece of a session accounted for separately
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                 -- session, import, collect, node, fixture, test
    label TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE         -- over kind, label, facts and links (digests.py)
);

CREATE TABLE line_fact (                -- the context executed these lines of the blob
    blob INTEGER NOT NULL REFERENCES blob (id),
    context INTEGER NOT NULL REFERENCES context (id),
    lines INTEGER NOT NULL,             -- line_set; no REFERENCES, it would want an index here
    PRIMARY KEY (blob, context)
) WITHOUT ROWID;
CREATE INDEX line_fact_context ON line_fact (context);

CREATE TABLE link (                     -- source uses target
    source INTEGER NOT NULL REFERENCES context (id),
    target INTEGER NOT NULL REFERENCES context (id),
    PRIMARY KEY (source, target)
) WITHOUT ROWID;
CREATE INDEX link_target ON link (target);

CREATE TABLE data (                     -- a file or folder as it was seen
    id INTEGER PRIMARY KEY,
    view TEXT NOT NULL,                 -- see model.View
    file INTEGER NOT NULL REFERENCES file (id),
    digest TEXT NOT NULL,               -- '' when it was not there (NULLs are never UNIQUE)
    UNIQUE (file, view, digest)
);

CREATE TABLE data_use (
    data INTEGER NOT NULL REFERENCES data (id),
    context INTEGER NOT NULL REFERENCES context (id),
    PRIMARY KEY (data, context)
) WITHOUT ROWID;
CREATE INDEX data_use_context ON data_use (context);

CREATE TABLE environment (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,   -- what must be equal
    details TEXT NOT NULL               -- JSON of the whole Environment, newest seen
);

CREATE TABLE run (                      -- a run folder that was integrated
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,           -- integrating it again is a no-op
    commit_id TEXT,
    tree TEXT,
    partial INTEGER NOT NULL,           -- it was cut off
    command TEXT NOT NULL,              -- JSON list
    started REAL NOT NULL,
    ended REAL,
    exit_status INTEGER,
    environment INTEGER REFERENCES environment (id),
    outcomes TEXT NOT NULL              -- JSON: outcome → number of tests
);
CREATE INDEX run_started ON run (started);

CREATE TABLE test (
    id INTEGER PRIMARY KEY,
    nodeid TEXT NOT NULL UNIQUE,
    file INTEGER NOT NULL REFERENCES file (id),
    retired INTEGER NOT NULL DEFAULT 0  -- not there any more when its file was last collected
);
CREATE INDEX test_file ON test (file);

CREATE TABLE execution (                -- what one test depended on, once
    id INTEGER PRIMARY KEY,
    test INTEGER NOT NULL REFERENCES test (id),
    context INTEGER NOT NULL REFERENCES context (id),
    environment INTEGER NOT NULL REFERENCES environment (id),
    run INTEGER NOT NULL REFERENCES run (id),
    outcome TEXT NOT NULL,
    untrusted TEXT,                     -- why the record cannot be relied on
    seconds REAL NOT NULL,
    seal BLOB NOT NULL                  -- digest of the row, see check.py
);
CREATE INDEX execution_test ON execution (test);
CREATE INDEX execution_context ON execution (context);

CREATE TABLE collected_file (           -- test files ever collected, as seen last
    file INTEGER PRIMARY KEY REFERENCES file (id),
    oid TEXT,                           -- NULL: not a Python file
    run INTEGER NOT NULL REFERENCES run (id),
    error TEXT                          -- text of the collection error
);

CREATE TABLE source (                   -- contents git does not hold
    oid TEXT PRIMARY KEY,
    content BLOB NOT NULL               -- zlib
) WITHOUT ROWID;

CREATE TABLE analysis (                 -- a pure function of a content, kept
    kind TEXT NOT NULL,
    oid TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (kind, oid)
) WITHOUT ROWID;

CREATE TABLE file_stat (                -- to skip hashing files that did not move
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    hashed_at_ns INTEGER NOT NULL,
    oid TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE path_list (                -- which files there were, interned
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    paths BLOB NOT NULL                 -- zlib of the paths, each ended by NUL
);

CREATE TABLE manifest (                 -- the files there were when a run was recorded
    run INTEGER PRIMARY KEY REFERENCES run (id),
    paths INTEGER NOT NULL REFERENCES path_list (id),
    complete INTEGER NOT NULL           -- pytest was asked for everything and could collect it
);

CREATE TABLE latest_tree (              -- content of every file at the newest run, to show changes
    path TEXT PRIMARY KEY,
    oid TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE audit (                    -- everything was run and compared with the selection
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,           -- of its run; a replayed commit has one of its own
    kind TEXT NOT NULL,                 -- tree, replay
    commit_id TEXT,                     -- what was audited
    ended REAL NOT NULL,
    counts TEXT NOT NULL,               -- JSON, see audits.Counts
    changes TEXT NOT NULL               -- JSON list of missed and unstable tests
);

CREATE TABLE unstable (                 -- a test had two outcomes on the same contents
    test INTEGER NOT NULL REFERENCES test (id) ON DELETE CASCADE,
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,    -- that showed it
    outcome TEXT NOT NULL,
    earlier TEXT NOT NULL,              -- '' when pytest itself ran it again in this run
    earlier_run TEXT NOT NULL,          -- uid
    PRIMARY KEY (test, run)
) WITHOUT ROWID;
