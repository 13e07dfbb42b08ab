package gateway

import (
	"encoding/base32"
	"encoding/binary"
	"io"
	"time"
)

// crockford leaves out I, L, O and U, so that a number read over the telephone is read right.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// IDs makes numbers and ids from a source of randomness that comes in from outside.
type IDs struct{ rand io.Reader }

// NewIDs makes ids from rand.
func NewIDs(rand io.Reader) IDs { return IDs{rand: rand} }

// Number makes an application number, "K26-7QX4M-09TCB": the year and 50 random bits.
// The ledger's unique key guards the rest.
func (g IDs) Number(at time.Time) (string, error) {
	b, err := g.bytes(7)
	if err != nil {
		return "", err
	}
	s := crockford.EncodeToString(b)
	return "K" + at.In(Almaty).Format("06") + "-" + s[:5] + "-" + s[5:10], nil
}

// New makes an id that sorts by time: 48 bits of milliseconds and 80 random bits.
func (g IDs) New(at time.Time) (string, error) {
	random, err := g.bytes(10)
	if err != nil {
		return "", err
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli()))[2:]
	return crockford.EncodeToString(append(b, random...)), nil
}

// Secret makes n unguessable bytes.
func (g IDs) Secret(n int) ([]byte, error) { return g.bytes(n) }

// About moves a pause by up to a tenth either way, so that what failed at one moment does not come back at
// one moment. Without randomness it stays as it is.
func (g IDs) About(d time.Duration) time.Duration {
	b, err := g.bytes(4)
	if err != nil {
		return d
	}
	part := float64(binary.BigEndian.Uint32(b))/(1<<32) - 0.5
	return d + time.Duration(part*float64(d)/5)
}

func (g IDs) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(g.rand, b); err != nil {
		return nil, &Error{Code: CodeInternal, Detail: "no randomness", Err: err}
	}
	return b, nil
}
