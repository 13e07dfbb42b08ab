package sqlledger

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"time"
)

// micros is how moments are stored: UTC microseconds, 0 for none. It sorts and is the same
// number on both databases.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// rounded is the moment as it will be read back; hashes are made over that.
func rounded(t time.Time) time.Time { return moment(micros(t)) }

// text makes a string storable: PostgreSQL takes neither malformed UTF-8 nor NUL, and what is
// read back must be what was hashed.
func text[S ~string](s S) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(s), "\uFFFD"), "\x00", "\uFFFD")
}

func texts(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	clean := make(map[string]string, len(m))
	for k, v := range m {
		clean[text(k)] = text(v)
	}
	return clean
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func decode(s string, v any) error { return json.Unmarshal([]byte(s), v) }

// newID is a random id that grows with time, so that rows of one day stay neighbours in their
// index, and that orders what one process wrote in the same microsecond.
func (l *Ledger) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(l.rand, b[8:]); err != nil {
		return "", err
	}
	l.idLock.Lock()
	l.lastID = max(l.lastID+1, l.now().UnixMicro())
	at := l.lastID
	l.idLock.Unlock()
	for i := range 8 {
		b[i] = byte(at >> (56 - 8*i))
	}
	return hex.EncodeToString(b[:]), nil
}
