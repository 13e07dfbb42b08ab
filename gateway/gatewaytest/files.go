package gatewaytest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// FileBench is a new empty store and the moment by which its clock goes.
type FileBench struct {
	gateway.Files
	Now *time.Time
}

// ExerciseFiles runs the suite of [gateway.Files]; open gives a new empty store.
func ExerciseFiles(t *testing.T, open func(t *testing.T) FileBench) {
	for _, test := range fileTests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

const fileLimit = 1000

var fileTests = []struct {
	name string
	run  func(t *testing.T, b FileBench)
}{
	{"what was put is read again, from any place", func(t *testing.T, b FileBench) {
		for _, body := range []string{"", "x", strings.Repeat("құжат", 100), strings.Repeat("a", fileLimit)} {
			sha := b.put(t, body)
			if sha != gateway.SHA256Hex([]byte(body)) {
				t.Fatalf("%d octets are kept as %s", len(body), sha)
			}
			b.holds(t, sha, body)
		}
	}},
	{"the same octets again are no error and kept once", func(t *testing.T, b FileBench) {
		first, second := b.put(t, "same"), b.put(t, "same")
		if first != second {
			t.Fatalf("%s and %s", first, second)
		}
		if n := b.sweep(t, time.Hour); n != 1 {
			t.Errorf("%d files were there", n)
		}
	}},
	{"many writers of the same octets", func(t *testing.T, b FileBench) {
		var wg sync.WaitGroup
		body := strings.Repeat("together", 50)
		for range 16 {
			wg.Go(func() {
				if _, _, err := b.Put(t.Context(), strings.NewReader(body), fileLimit); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		b.holds(t, gateway.SHA256Hex([]byte(body)), body)
	}},
	{"too much is too large, and nothing is kept", func(t *testing.T, b FileBench) {
		body := strings.Repeat("a", fileLimit+1)
		_, _, err := b.Put(t.Context(), strings.NewReader(body), fileLimit)
		wantCode(t, err, reason.TooLarge)
		b.empty(t)
	}},
	{"the sender's error comes back, and nothing is kept", func(t *testing.T, b FileBench) {
		broken := errors.New("the line went dead")
		_, _, err := b.Put(t.Context(), io.MultiReader(strings.NewReader("half"), failing{broken}), fileLimit)
		if !errors.Is(err, broken) {
			t.Fatalf("error is %v", err)
		}
		b.empty(t)
	}},
	{"a caller who gave up is told so, and nothing is kept", func(t *testing.T, b FileBench) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := b.Put(ctx, strings.NewReader("late"), fileLimit); !errors.Is(err, context.Canceled) {
			t.Fatalf("error is %v", err)
		}
		b.empty(t)
	}},
	{"names that are no digests open and remove nothing", func(t *testing.T, b FileBench) {
		sha := b.put(t, "here")
		for _, name := range []string{"", ".", "..", "../" + sha, strings.ToUpper(sha), sha[:63], sha + "0", strings.Repeat("/", 64), strings.Repeat("0", 64)} {
			_, err := b.Open(name)
			wantCode(t, err, gateway.CodeNotFound)
			if err := b.Remove(name); err != nil {
				t.Errorf("remove %q: %v", name, err)
			}
		}
		b.holds(t, sha, "here")
	}},
	{"what was removed is gone, and may come again", func(t *testing.T, b FileBench) {
		sha := b.put(t, "bad")
		for range 2 {
			if err := b.Remove(sha); err != nil {
				t.Fatal(err)
			}
		}
		_, err := b.Open(sha)
		wantCode(t, err, gateway.CodeNotFound)
		b.holds(t, b.put(t, "bad"), "bad")
	}},
	{"a sweep takes what is old and unnamed, and nothing else", func(t *testing.T, b FileBench) {
		orphan, named := b.put(t, "orphan"), b.put(t, "named")
		*b.Now = b.Now.Add(2 * time.Hour)
		young := b.put(t, "young")
		n, err := b.Sweep(t.Context(), b.Now.Add(-time.Hour), func(_ context.Context, sha string) (bool, error) { return sha == named, nil })
		if err != nil || n != 1 {
			t.Fatalf("swept %d, %v", n, err)
		}
		_, err = b.Open(orphan)
		wantCode(t, err, gateway.CodeNotFound)
		b.holds(t, named, "named")
		b.holds(t, young, "young")
	}},
	{"what is put again while it is swept stays", func(t *testing.T, b FileBench) {
		sha := b.put(t, "again")
		*b.Now = b.Now.Add(2 * time.Hour)
		n, err := b.Sweep(t.Context(), b.Now.Add(-time.Hour), func(context.Context, string) (bool, error) {
			b.put(t, "again") // an application comes between the question and the deed
			return false, nil
		})
		if err != nil || n != 0 {
			t.Fatalf("swept %d, %v", n, err)
		}
		b.holds(t, sha, "again")
	}},
	{"while nobody can say what is named nothing is swept", func(t *testing.T, b FileBench) {
		sha := b.put(t, "kept")
		*b.Now = b.Now.Add(2 * time.Hour)
		silent := errors.New("no ledger")
		if _, err := b.Sweep(t.Context(), *b.Now, func(context.Context, string) (bool, error) { return false, silent }); !errors.Is(err, silent) {
			t.Fatalf("error is %v", err)
		}
		b.holds(t, sha, "kept")
	}},
}

func (b FileBench) put(t *testing.T, body string) string {
	t.Helper()
	sha, size, err := b.Put(t.Context(), strings.NewReader(body), fileLimit)
	if err != nil || size != int64(len(body)) {
		t.Fatalf("put %d octets: %d, %v", len(body), size, err)
	}
	return sha
}

func (b FileBench) holds(t *testing.T, sha, want string) {
	t.Helper()
	f, err := b.Open(sha)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, from := range []int{0, len(want) / 2} {
		if _, err := f.Seek(int64(from), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, []byte(want[from:])) {
			t.Fatalf("from %d: %d octets, %v", from, len(got), err)
		}
	}
}

// sweep forgets everything and says how many files there were.
func (b FileBench) sweep(t *testing.T, ahead time.Duration) int {
	t.Helper()
	n, err := b.Sweep(t.Context(), b.Now.Add(ahead), func(context.Context, string) (bool, error) { return false, nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (b FileBench) empty(t *testing.T) {
	t.Helper()
	if n := b.sweep(t, time.Hour); n != 0 {
		t.Errorf("%d files were kept", n)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func wantCode(t *testing.T, err error, code gateway.Code) {
	t.Helper()
	var e *gateway.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error is %v, want one with code %s", err, code)
	}
}
