package revocation_test

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// million is how many entries the national list may grow to and still be loaded
// in 3 s, live in 64 MB and be looked up in a microsecond.
const million = 1_000_000

// TestMillionEntries loads such a list from a file: the list itself is never in
// memory, and only its entries stay.
func TestMillionEntries(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector keeps memory of its own")
	}
	if testing.Short() {
		t.Skip("makes a list of 48 MB")
	}
	path := filepath.Join(t.TempDir(), "big.crl")
	ca := writeBigList(t, path)
	before := live()
	peak := watchHeap()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	start, busy := time.Now(), busyTime(t)
	c, err := revocation.ReadCRL(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.VerifyBy(ca.Issuing); err != nil {
		t.Fatal(err)
	}
	took, worked, most := time.Since(start), busyTime(t)-busy, peak()
	stays := int64(live() - before)
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries, %d MB of DER: loaded in %v of work (%v by the clock), %d MB live, %d MB at most", c.Len(), info.Size()>>20,
		worked.Round(time.Millisecond), took.Round(time.Millisecond), stays>>20, (int64(most)-int64(before))>>20)
	if stays > 64<<20 || int64(most)-int64(before) > 80<<20 {
		t.Errorf("%d MB stay, %d MB at most", stays>>20, (int64(most)-int64(before))>>20)
	}
	if worked > 3*time.Second {
		t.Errorf("loading took %v of work", worked)
	}
	serial := new(big.Int)
	key := serialOf(77)
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := c.Lookup(serial.SetBytes(key)); !ok {
			t.Fatal("an entry is missing")
		}
	}); n > 0 {
		t.Errorf("a look-up allocates %v times", n)
	}
	for i := range million {
		if _, ok := c.Lookup(serial.SetBytes(serialOf(i))); !ok {
			t.Fatal("entry", i, "is missing")
		}
	}
	if _, ok := c.Lookup(serial.SetBytes(serialOf(million))); ok {
		t.Error("found what is not there")
	}
	runtime.KeepAlive(c)
}

// serialOf is the n-th serial number: 20 random octets, as national ones are.
func serialOf(n int) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	sum[0] &= 0x7f
	return sum[:20]
}

// busyTime is how long the processors have worked for this process: tests share
// theirs with others.
func busyTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func writeBigList(t *testing.T, path string) *testpki.Authority {
	t.Helper()
	ca := newAuthority(t, testpki.GOST512, "big")
	s := ca.CRLSpec(now, now.Add(day))
	s.Entries = make([]testpki.Revoked, million)
	for i := range s.Entries {
		s.Entries[i] = testpki.Revoked{Serial: new(big.Int).SetBytes(serialOf(i)), At: now.Add(-day), Reason: i % 5}
	}
	raw, err := ca.MakeCRL(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return ca
}

// watchHeap follows the heap until the function it returns is called, which
// gives the most there was.
func watchHeap() func() uint64 {
	var most atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	look := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most.Store(max(most.Load(), m.HeapAlloc))
	}
	go func() {
		defer close(stopped)
		for {
			look()
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-stopped
		look()
		return most.Load()
	}
}

// TestReadCRLInPieces: it does not matter how a list comes.
func TestReadCRLInPieces(t *testing.T) {
	ca := newAuthority(t, testpki.GOST512, "pieces")
	s := ca.CRLSpec(now, now.Add(day))
	for i := range 20_000 { // three windows
		s.Entries = append(s.Entries, testpki.Revoked{Serial: new(big.Int).SetBytes(serialOf(i)), At: now.Add(-day), Reason: i % 5})
	}
	raw, err := ca.MakeCRL(s)
	if err != nil {
		t.Fatal(err)
	}
	whole := list(t, raw)
	for name, slow := range map[string]func(io.Reader) io.Reader{"halves": iotest.HalfReader, "late errors": iotest.DataErrReader} {
		c, err := revocation.ReadCRL(slow(&source{rest: raw}))
		if err != nil {
			t.Fatal(name, err)
		}
		if c.SHA256 != sha256.Sum256(raw) || c.SHA256 != whole.SHA256 || c.Len() != whole.Len() || c.VerifyBy(ca.Issuing) != nil {
			t.Errorf("%s: %d entries, %x", name, c.Len(), c.SHA256)
		}
	}
	for cut := 1; cut < len(raw); cut += 1 + len(raw)/50 {
		if _, err := revocation.ReadCRL(&source{rest: raw[:cut]}); err == nil {
			t.Fatalf("a list cut after %d of %d octets was read", cut, len(raw))
		}
	}
	if _, err := revocation.ReadCRL(&source{rest: append(raw, 0)}); err == nil {
		t.Error("an octet after the end was overlooked")
	}
	if _, err := revocation.ReadCRL(iotest.TimeoutReader(&source{rest: raw})); err == nil {
		t.Error("a broken connection was overlooked")
	}
}

// source is a reader that knows nothing but to read.
type source struct{ rest []byte }

func (s *source) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}
