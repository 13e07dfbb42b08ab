package clamd_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/adapters/clamd"
	"kopir/gateway"
)

// eicar is the harmless file every antivirus knows, in two halves so that none stops the build.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// daemon speaks clamd's side of INSTREAM as clamd(8) describes it, to the letter: it looks at command, lengths
// and end, and answers by what it got.
type daemon struct {
	limit  int                     // StreamMaxLength
	answer func(got []byte) string // "" says nothing and keeps the line open
}

func (d daemon) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() { defer c.Close(); d.session(c) }()
	}
}

func (d daemon) session(c net.Conn) {
	head := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(c, head); err != nil || string(head) != "zINSTREAM\x00" {
		_, _ = io.WriteString(c, "UNKNOWN COMMAND\x00")
		return
	}
	var got []byte
	for {
		var n uint32
		if err := binary.Read(c, binary.BigEndian, &n); err != nil {
			return
		}
		if n == 0 {
			break
		}
		if len(got)+int(n) > d.limit {
			_, _ = io.WriteString(c, "INSTREAM size limit exceeded. ERROR\x00")
			return
		}
		chunk := make([]byte, n)
		if _, err := io.ReadFull(c, chunk); err != nil {
			return
		}
		got = append(got, chunk...)
	}
	reply := d.answer(got)
	if reply == "" {
		_, _ = io.Copy(io.Discard, c)
		return
	}
	_, _ = io.WriteString(c, reply)
}

// byContent answers as a daemon with one signature would.
func byContent(got []byte) string {
	if bytes.Contains(got, []byte(eicar)) {
		return "stream: Eicar-Test-Signature FOUND\x00"
	}
	return "stream: OK\x00"
}

func start(t *testing.T, network string, d daemon) *clamd.Scanner {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "clamd.ctl")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if d.limit == 0 {
		d.limit = 25 << 20
	}
	go d.serve(l)
	s, err := clamd.New(clamd.Config{Address: network + ":" + l.Addr().String(), Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScan(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		s := start(t, network, daemon{answer: byContent})
		for name, tt := range map[string]struct {
			body string
			want gateway.Finding
		}{
			"clean":             {"%PDF-1.7", ""},
			"empty":             {"", ""},
			"infected":          {eicar, "Eicar-Test-Signature"},
			"infected far down": {strings.Repeat("x", 300_000) + eicar, "Eicar-Test-Signature"},
			"one whole chunk":   {strings.Repeat("x", 64<<10), ""},
		} {
			got, err := s.Scan(t.Context(), strings.NewReader(tt.body))
			if err != nil || got != tt.want {
				t.Errorf("%s over %s: %q, %v", name, network, got, err)
			}
		}
	}
}

func TestWhatIsNoVerdictIsAnError(t *testing.T) {
	says := func(words string) daemon { return daemon{answer: func([]byte) string { return words }} }
	for name, d := range map[string]daemon{
		"too much":           {limit: 10, answer: byContent},
		"an error":           says("stream: Can't allocate memory ERROR\x00"),
		"a bare OK":          says("OK\x00"),
		"no end":             says("stream: OK"),
		"a nameless finding": says("stream:  FOUND\x00"),
		"more than a reply":  says(strings.Repeat("x", 5000) + "\x00"),
		"silence":            says(""),
	} {
		d := d
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := start(t, "unix", d).Scan(t.Context(), strings.NewReader(strings.Repeat("x", 100_000)))
			var e *gateway.Error
			if !errors.As(err, &e) || e.Code != gateway.CodeUnavailable || got != "" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestDaemonThatIsDownIsAnError(t *testing.T) {
	s, err := clamd.New(clamd.Config{Address: "unix:" + filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Scan(t.Context(), strings.NewReader("x")); err == nil {
		t.Error("a file passed without a daemon")
	}
}

func TestHalfAFileIsNeverClean(t *testing.T) {
	s := start(t, "unix", daemon{answer: byContent})
	broken := io.MultiReader(strings.NewReader(strings.Repeat("x", 100_000)), failing{})
	if _, err := s.Scan(t.Context(), broken); err == nil {
		t.Error("half a file passed")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk") }

func TestCallerWhoGivesUpIsNotKept(t *testing.T) {
	s := start(t, "unix", daemon{answer: func([]byte) string { return "" }})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := s.Scan(ctx, strings.NewReader("x")); err == nil || time.Since(began) > 900*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestFilesLeaveNoMachine(t *testing.T) {
	for address, ok := range map[string]bool{
		"unix:/run/clamav/clamd.ctl": true, "tcp:127.0.0.1:3310": true, "tcp:[::1]:3310": true,
		"": false, "unix:clamd.ctl": false, "tcp:10.0.0.5:3310": false, "tcp:localhost:3310": false, "tcp:127.0.0.1": false, "http://127.0.0.1:1": false,
	} {
		if _, err := clamd.New(clamd.Config{Address: address}); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestRealDaemon asks the daemon that KOPIR_TEST_CLAMD names, "unix:/run/clamav/clamd.ctl".
func TestRealDaemon(t *testing.T) {
	address := os.Getenv("KOPIR_TEST_CLAMD")
	if address == "" {
		address = "unix:/run/clamav/clamd.ctl"
		if _, err := os.Stat("/run/clamav/clamd.ctl"); err != nil {
			t.Skip("no clamd runs here; KOPIR_TEST_CLAMD may name one")
		}
	}
	s, err := clamd.New(clamd.Config{Address: address, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for body, bad := range map[string]bool{"%PDF-1.7\n": false, eicar: true} {
		if got, err := s.Scan(t.Context(), strings.NewReader(body)); err != nil || (got != "") != bad {
			t.Errorf("%q: %q, %v", body[:5], got, err)
		}
	}
}
