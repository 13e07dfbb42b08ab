-- +goose Up
-- The ledger. One text for SQLite and PostgreSQL: moments are UTC microseconds since 1970 (0: none),
-- flags are 0 or 1, lists and maps are JSON text. Migrations only ever add.

CREATE TABLE submissions (
    caller      TEXT   NOT NULL,
    via         TEXT   NOT NULL,
    message_id  TEXT   NOT NULL,
    covered_sha TEXT   NOT NULL,
    answer      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (caller, via, message_id)
);

-- detail holds what nobody searches by. event_seq, event_hash and outbox_seq are the heads of the
-- case's chain and outbox, so that appending never has to look at older events.
CREATE TABLE cases (
    number        TEXT   NOT NULL PRIMARY KEY,
    service       TEXT   NOT NULL,
    provider      TEXT   NOT NULL,
    territory     TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    outcome       TEXT   NOT NULL,
    iin           TEXT   NOT NULL,
    bin           TEXT   NOT NULL,
    caller        TEXT   NOT NULL,
    received_at   BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    document_sha  TEXT   NOT NULL,
    covered_sha   TEXT   NOT NULL,
    result_sha    TEXT   NOT NULL,
    attempt       BIGINT NOT NULL,
    lease_id      TEXT   NOT NULL,
    lease_until   BIGINT NOT NULL,
    next_check_at BIGINT NOT NULL,
    checks        BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    detail        TEXT   NOT NULL,
    event_seq     BIGINT NOT NULL DEFAULT 0,
    event_hash    TEXT   NOT NULL DEFAULT '',
    outbox_seq    BIGINT NOT NULL DEFAULT 0
);
-- The queues are partial indexes: a case leaves them when it moves on, so they stay small
-- however many cases the ledger holds.
CREATE UNIQUE INDEX cases_covered ON cases (covered_sha) WHERE covered_sha <> '' AND state <> 'refused';
CREATE UNIQUE INDEX cases_lease ON cases (lease_id) WHERE lease_id <> '';
CREATE INDEX cases_queue ON cases (provider, due_at, number) WHERE state = 'accepted';
CREATE INDEX cases_parked ON cases (next_check_at, number) WHERE state = 'parked';
CREATE INDEX cases_parked_caller ON cases (caller) WHERE state = 'parked';
CREATE INDEX cases_parked_iin ON cases (iin) WHERE state = 'parked';
CREATE INDEX cases_person ON cases (iin, received_at, number) WHERE iin <> '';

CREATE TABLE events (
    number TEXT   NOT NULL REFERENCES cases (number),
    seq    BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    actor  TEXT   NOT NULL,
    data   TEXT   NOT NULL,
    hash   TEXT   NOT NULL,
    PRIMARY KEY (number, seq)
);
CREATE INDEX events_at ON events (at);

CREATE TABLE documents (
    sha256 TEXT   NOT NULL PRIMARY KEY,
    codec  TEXT   NOT NULL,
    size   BIGINT NOT NULL,
    body   BYTEA  NOT NULL
);

CREATE TABLE verdicts (
    id       TEXT   NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    kind     TEXT   NOT NULL,
    outcome  TEXT   NOT NULL,
    code     TEXT   NOT NULL,
    service  TEXT   NOT NULL,
    provider TEXT   NOT NULL,
    caller   TEXT   NOT NULL,
    number   TEXT   NOT NULL,
    body     TEXT   NOT NULL
);
CREATE INDEX verdicts_at ON verdicts (at, id);
CREATE INDEX verdicts_failed ON verdicts (at, id, code, service) WHERE outcome IN ('failed', 'inconclusive');
CREATE INDEX verdicts_code ON verdicts (code, at, id) WHERE code <> '';
CREATE INDEX verdicts_service ON verdicts (service, at, id) WHERE service <> '';
CREATE INDEX verdicts_number ON verdicts (number, at, id) WHERE number <> '';

-- head is 1 on the first undelivered message of each case and 0 on every other.
CREATE TABLE outbox (
    id           TEXT   NOT NULL PRIMARY KEY,
    number       TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    head         BIGINT NOT NULL,
    destination  TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    status       TEXT   NOT NULL,
    texts        TEXT   NOT NULL,
    result_sha   TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    last_error   TEXT   NOT NULL,
    delivered_at BIGINT NOT NULL,
    receipt      TEXT   NOT NULL
);
CREATE INDEX outbox_due ON outbox (next_at, id) WHERE head = 1;
CREATE INDEX outbox_waiting ON outbox (number, seq) WHERE delivered_at = 0;
CREATE INDEX outbox_depth ON outbox (destination, created_at) WHERE delivered_at = 0;

CREATE TABLE callers (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    providers  TEXT   NOT NULL,
    channel    TEXT   NOT NULL,
    callback   TEXT   NOT NULL,
    key_sha256 TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX callers_key ON callers (key_sha256) WHERE key_sha256 <> '';

CREATE TABLE acts (
    id     TEXT   NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    actor  TEXT   NOT NULL,
    kind   TEXT   NOT NULL,
    target TEXT   NOT NULL,
    data   TEXT   NOT NULL
);
CREATE INDEX acts_at ON acts (at, id);

CREATE TABLE heartbeat (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
