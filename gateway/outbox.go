package gateway

import "time"

// SHEP messageTypes a case sends (gateway-protocol.md §2): what happened on the way, and the last word.
const (
	KindNotification = "NOTIFICATION"
	KindResponse     = "RESPONSE"
)

// DestinationSHEP is the cabinet behind the state gateway; "callback:<caller>" is a REST caller's own address.
const (
	DestinationSHEP     = "shep"
	destinationCallback = "callback:"
)

// newMessage tells whoever brought a case what became of it. Its id is left to the ledger.
func newMessage(c Case, kind, status string, code Code, at time.Time) Message {
	destination := DestinationSHEP
	if c.Via == ViaREST {
		destination = destinationCallback + c.Caller
	}
	m := Message{Number: c.Number, Destination: destination, Kind: kind, Status: status, CreatedAt: at, NextAt: at,
		Text: map[string]string{}}
	if code != "" {
		m.Text["code"] = string(code)
	}
	if c.Mark != MarkNone {
		m.Text["mark"] = string(c.Mark)
	}
	return m
}

// retryDelays grow until an hour and stay there: nothing is given up, an outage of hours drains by itself.
var retryDelays = [...]time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute,
	5 * time.Minute, 15 * time.Minute, time.Hour}

// RetryAfter is the pause after the given number of failed attempts.
func RetryAfter(attempts int) time.Duration {
	return retryDelays[min(max(attempts-1, 0), len(retryDelays)-1)]
}
