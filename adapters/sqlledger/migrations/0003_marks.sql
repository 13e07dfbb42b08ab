-- +goose Up
-- mark: '' none; 'unconfirmed' while the status of the certificate of an accepted case is still asked for;
-- 'failed' when it did not hold after all. escalated_at: since when a case needs people, 0 once it is settled.

ALTER TABLE cases ADD COLUMN mark TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN escalated_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX cases_marked ON cases (next_check_at, number) WHERE mark = 'unconfirmed';
CREATE INDEX cases_escalated ON cases (due_at, number) WHERE escalated_at > 0;
