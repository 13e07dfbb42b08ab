package revocation

import (
	"fmt"
	"time"
)

// contradicts says how far the asker's clock is ahead of an answer's (behind: negative), where that is
// beyond the skew and proven; else 0. An answer that carries our nonce was made on our question, and one
// from the future cannot be an old one; both are believed only with the responder's signature. An old
// answer without the nonce proves nothing about the clock.
func (r *OCSPResponse) contradicts(q question, nonce []byte, lists []*CRL) time.Duration {
	off := q.at.Sub(r.ProducedAt)
	ours := nonce != nil && r.echoes(nonce)
	if off >= -q.skew && (off <= q.skew || !ours) {
		return 0
	}
	made := q // whether the responder may sign is asked of its clock, too: ours may be the wrong one
	made.at = r.ProducedAt
	if r.authorised(q, lists) != "" && r.authorised(made, lists) != "" {
		return 0
	}
	return off
}

// clockDoubt is the status of a certificate while the asker's clock is contradicted.
func clockDoubt(off time.Duration, made time.Time) Status {
	way := "ahead of"
	if off < 0 {
		way = "behind"
	}
	s := unknown(fmt.Sprintf("ocsp: the gateway's clock is %s %s the responder's, whose answer was made at %s",
		off.Abs().Round(time.Second), way, day(made)))
	s.ClockOff = off
	return s
}
