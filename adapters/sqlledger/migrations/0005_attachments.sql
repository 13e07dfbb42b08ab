-- +goose Up
-- Attachments are part of a case's detail; these rows find them: which files are named by a case (stored is 1 where
-- the file lies in the folder of files), and which are to be fetched or examined again (next_at, 0: none).

CREATE TABLE attachments (
    number  TEXT   NOT NULL REFERENCES cases (number),
    place   BIGINT NOT NULL,
    sha256  TEXT   NOT NULL,
    stored  BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (number, place)
);
CREATE INDEX attachments_file ON attachments (sha256) WHERE stored = 1;
CREATE INDEX attachments_due ON attachments (next_at, number) WHERE next_at > 0;
