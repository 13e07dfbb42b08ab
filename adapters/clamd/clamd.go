// Package clamd asks a ClamAV daemon about files: [gateway.Scanner] by the command INSTREAM of clamd(8), over
// a unix socket or a loopback address. The file goes over the socket, so the daemon needs no right to read it.
//
//	scanner, err := clamd.New(clamd.Config{Address: "unix:/run/clamav/clamd.ctl"})
//
// Whatever is not a plain answer is an error: the file stays unchecked and is asked about again.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Config of a scanner.
type Config struct {
	Address string        // unix:/path, or tcp:127.0.0.1:3310; files go there unencrypted, so no other machine
	Timeout time.Duration // default 10 s a file
}

// Scanner implements [gateway.Scanner].
type Scanner struct {
	network, address string
	timeout          time.Duration
}

var _ gateway.Scanner = (*Scanner)(nil)

// New makes a scanner. It does not connect: a daemon that is down must not keep the gateway from starting.
func New(cfg Config) (*Scanner, error) {
	network, address, err := ParseAddress(cfg.Address)
	if err != nil {
		return nil, err
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	return &Scanner{network: network, address: address, timeout: cfg.Timeout}, nil
}

// ParseAddress reads unix:/path or tcp:IP:port of this machine.
func ParseAddress(s string) (network, address string, err error) {
	network, address, _ = strings.Cut(s, ":")
	switch network {
	case "unix":
		if strings.HasPrefix(address, "/") {
			return network, address, nil
		}
	case "tcp":
		if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().IsLoopback() {
			return network, address, nil
		}
	}
	return "", "", fmt.Errorf("%q is neither unix:/path nor tcp:127.0.0.1:port", s)
}

// Words of the protocol, clamd(8).
const (
	command   = "zINSTREAM\x00" // z: command and reply end with NUL
	chunkSize = 64 << 10
	maxReply  = 1 << 10
	prefix    = "stream: "
	clean     = "OK"
	found     = " FOUND"
)

// Scan sends r and reads the verdict.
func (s *Scanner) Scan(ctx context.Context, r io.Reader) (gateway.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", silent(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	sent := send(conn, r)
	reply, err := bufio.NewReader(io.LimitReader(conn, maxReply)).ReadString(0)
	if err != nil { // the daemon may have answered before all was sent, for instance that it is too much
		return "", silent(errors.Join(sent, err, ctx.Err()))
	}
	return verdict(strings.TrimSuffix(reply, "\x00"), sent)
}

// send writes the command and the file in chunks: each its length in four octets, and a length of zero ends it.
func send(w io.Writer, r io.Reader) error {
	if _, err := io.WriteString(w, command); err != nil {
		return err
	}
	chunk := make([]byte, 4+chunkSize)
	for {
		n, err := io.ReadFull(r, chunk[4:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err // without the end: no verdict can be made of a half
		}
		binary.BigEndian.PutUint32(chunk, uint32(n))
		if _, err := w.Write(chunk[:4+n]); err != nil || n == 0 {
			return err
		}
	}
}

// verdict reads a reply. Clean counts only for a file that went over whole.
func verdict(reply string, sent error) (gateway.Finding, error) {
	words, ours := strings.CutPrefix(reply, prefix)
	name, bad := strings.CutSuffix(words, found)
	switch {
	case ours && bad && name != "":
		return gateway.Finding(name), nil
	case ours && words == clean && sent == nil:
		return "", nil
	}
	return "", silent(errors.Join(fmt.Errorf("clamd says %.80q", reply), sent))
}

func silent(err error) error {
	return reason.Wrap(gateway.CodeUnavailable, "the antivirus has not answered", err)
}
