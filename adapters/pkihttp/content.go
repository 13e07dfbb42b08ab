package pkihttp

import (
	"bytes"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// checkDER tells in words what is wrong with an answer that cannot be one DER SEQUENCE.
func checkDER(body []byte, what string) error {
	in := cryptobyte.String(body)
	var seq cryptobyte.String
	switch {
	case len(body) == 0:
		return fmt.Errorf("%w: empty, not %s", ErrAnswer, what)
	case looksLikeText(body):
		return fmt.Errorf("%w: text or a page, not %s", ErrAnswer, what)
	case !in.ReadASN1(&seq, asn1.SEQUENCE):
		return fmt.Errorf("%w: cut short or not %s", ErrAnswer, what)
	case !in.Empty():
		return fmt.Errorf("%w: %d bytes after the end of %s", ErrAnswer, len(in), what)
	}
	return nil
}

// looksLikeText recognises pages and PEM: their first visible character is one that begins no DER.
func looksLikeText(body []byte) bool {
	start := bytes.TrimLeft(body, "\xef\xbb\xbf \t\r\n")
	return len(start) > 0 && bytes.IndexByte([]byte("<-{["), start[0]) >= 0
}

// headBytes are enough to tell a list from what is none.
const headBytes = 512

// checkList tells from a list's first bytes and its size what is wrong with a download. The rest is the business of
// who reads it.
func checkList(head []byte, size int64) error {
	const what = "a revocation list"
	in := cryptobyte.String(head)
	length, ok := derLength(head)
	switch {
	case size == 0:
		return fmt.Errorf("%w: empty, not %s", ErrAnswer, what)
	case looksLikeText(head):
		return fmt.Errorf("%w: text or a page, not %s", ErrAnswer, what)
	case !ok || !in.Skip(length.header) || !in.PeekASN1Tag(asn1.SEQUENCE):
		return fmt.Errorf("%w: not %s", ErrAnswer, what)
	case size < length.total:
		return fmt.Errorf("%w: cut short, %d of %d bytes of %s", ErrAnswer, size, length.total, what)
	case size > length.total:
		return fmt.Errorf("%w: %d bytes after the end of %s", ErrAnswer, size-length.total, what)
	}
	return nil
}

// extent is how long an element says it is.
type extent struct {
	header int
	total  int64
}

// derLength reads the header of a DER SEQUENCE (X.690 §8.1.3).
func derLength(b []byte) (extent, bool) {
	if len(b) < 2 || b[0] != byte(asn1.SEQUENCE) {
		return extent{}, false
	}
	octets := int(b[1] & 0x7f)
	if b[1] < 0x80 {
		return extent{2, 2 + int64(b[1])}, true
	}
	if octets == 0 || octets > 4 || len(b) < 2+octets {
		return extent{}, false
	}
	content := int64(0)
	for _, c := range b[2 : 2+octets] {
		content = content<<8 | int64(c)
	}
	return extent{2 + octets, 2 + int64(octets) + content}, true
}
