-- +goose Up
-- Questions to state registers about the applicants of cases. next_at is 0 once a question has come to its end;
-- the answer holds personal data, is nobody else's, and goes with its case.

CREATE TABLE lookups (
    number   TEXT   NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
    register TEXT   NOT NULL,
    attempts BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,
    answer   BYTEA  NOT NULL,
    PRIMARY KEY (number, register)
);
CREATE INDEX lookups_due ON lookups (next_at, number, register) WHERE next_at > 0;
