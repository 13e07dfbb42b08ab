package envelope

import (
	"fmt"
	"io"
	"regexp"
)

var guidPattern = regexp.MustCompile(`^\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?$`)

// GUID puts the braces around an id, "" if it is none. The braces are part of the value.
func GUID(s string) string {
	m := guidPattern.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return "{" + m[1] + "}"
}

// NewUUID makes a random UUID (RFC 9562 §5.4), without braces.
func NewUUID(rand io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("no randomness: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
