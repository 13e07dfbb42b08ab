package httpserver

import "strings"

// MaxIDLen bounds the ids senders choose. They are stored, logged and sent back with every message;
// the state gateway's are decimal numbers and UUIDs.
const MaxIDLen = 128

// PlainID tells whether s may stand as an id in the ledger and in a log line: 1 to [MaxIDLen] visible
// ASCII characters. A line end would let a sender write log lines of his own.
func PlainID(s string) bool {
	return s != "" && len(s) <= MaxIDLen && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}
