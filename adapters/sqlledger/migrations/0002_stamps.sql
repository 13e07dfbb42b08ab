-- +goose Up
-- Time stamps: what was written waits in unstamped, a batch moves it under one Merkle root into stamp_leaves, and
-- the root gets one RFC 3161 token. Rows of unstamped are inserted in the transaction of their event or verdict.

CREATE TABLE unstamped (
    at     BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    ref    TEXT   NOT NULL,
    sha256 TEXT   NOT NULL
);
CREATE INDEX unstamped_at ON unstamped (at);

-- number counts batches without gaps; leaf 0 of each is the root of the one before. root is empty while a batch is
-- being filled; token is empty and token_at 0 while it is pending; oldest is the moment of its oldest leaf.
CREATE TABLE stamps (
    number   BIGINT NOT NULL PRIMARY KEY,
    id       TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    root     TEXT   NOT NULL,
    size     BIGINT NOT NULL,
    oldest   BIGINT NOT NULL,
    token    BYTEA  NOT NULL,
    token_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX stamps_id ON stamps (id);
CREATE INDEX stamps_open ON stamps (number) WHERE root = '';
CREATE INDEX stamps_pending ON stamps (number) WHERE token_at = 0;
CREATE INDEX stamps_stamped ON stamps (number) WHERE token_at <> 0;

CREATE TABLE stamp_leaves (
    batch  BIGINT NOT NULL,
    place  BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    ref    TEXT   NOT NULL,
    sha256 TEXT   NOT NULL,
    PRIMARY KEY (batch, place)
);
CREATE UNIQUE INDEX stamp_leaves_ref ON stamp_leaves (kind, ref);

-- Events of before are stamped too. Verdicts of before are not: SHA-256 is no function of both databases; their
-- ids stand in the events.
INSERT INTO unstamped (at, kind, ref, sha256) SELECT at, 'event', number || '/' || seq, hash FROM events;
