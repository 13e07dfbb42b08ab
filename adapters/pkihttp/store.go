package pkihttp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"
)

// store keeps lists in a folder: each once, by its digest, under archive, and for every address a note which of them is
// its own. Files appear whole or not at all; several processes may share the folder. A nil store keeps nothing.
type store struct{ dir string }

// origin is the note of an address.
type origin struct {
	URL     string    `json:"url"`
	SHA256  string    `json:"sha256"`
	Checked time.Time `json:"checked"`
	validators
}

const (
	// maxOriginBytes bounds a note; it holds an address, a digest and two headers.
	maxOriginBytes = 64 << 10
	archiveFolder  = "archive"
	// staleDownload is the age of a temporary file that no process can be writing any more.
	staleDownload = 24 * time.Hour
)

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(filepath.Join(dir, archiveFolder), 0o750); err != nil {
		return nil, fmt.Errorf("pkihttp: folder for revocation lists: %w", err)
	}
	return &store{dir: dir}, nil
}

// note names a file by the digest of the address: addresses hold characters that file systems do not.
func (s *store) note(address string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:])+".json")
}

func (s *store) archived(sum [32]byte) string {
	return filepath.Join(s.dir, archiveFolder, hex.EncodeToString(sum[:])+".crl")
}

// load gives the list noted for an address.
func (s *store) load(address string) (*kept, error) {
	if s == nil {
		return nil, errNotKept
	}
	raw, err := readBounded(s.note(address), maxOriginBytes)
	if err != nil {
		return nil, err
	}
	var from origin
	sum, err := from.read(raw)
	if err != nil || from.URL != address {
		return nil, errNotKept // a damaged note counts as absent and is replaced by the next download
	}
	return &kept{content{sum: sum, path: s.archived(sum)}, from.validators, from.Checked}, nil
}

func (o *origin) read(raw []byte) (sum [32]byte, err error) {
	if err = json.Unmarshal(raw, o); err == nil {
		sum, err = parseSum(o.SHA256)
	}
	return sum, err
}

func parseSum(s string) (sum [32]byte, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(sum) {
		return sum, errNotKept
	}
	return [32]byte(b), nil
}

// save writes the note of an address.
func (s *store) save(address string, k *kept) error {
	if s == nil {
		return nil
	}
	raw, err := json.Marshal(origin{URL: address, SHA256: hex.EncodeToString(k.sum[:]), Checked: k.checked.UTC(), validators: k.validators})
	if err != nil {
		return err
	}
	return writeAtomically(s.note(address), raw)
}

// content is a list: a file, or octets where there is no folder.
type content struct {
	sum  [32]byte
	path string
	data []byte
}

func (c *content) open() (io.ReadCloser, error) {
	if c.path == "" {
		return io.NopCloser(bytes.NewReader(c.data)), nil
	}
	return os.Open(c.path)
}

// discard removes the file of a list that nobody keeps. Who has it open reads on.
func (c *content) discard() {
	if c.path != "" {
		_ = os.Remove(c.path)
	}
}

// sink is where a download goes: straight to disk, so that it is never in memory as a whole.
type sink struct {
	file   *os.File
	memory bytes.Buffer
	sum    hash.Hash
	head   bytes.Buffer
	size   int64
}

func (s *store) sink() (*sink, error) {
	k := &sink{sum: sha256.New()}
	if s == nil {
		return k, nil
	}
	var err error
	k.file, err = os.CreateTemp(filepath.Join(s.dir, archiveFolder), tempPattern)
	return k, err
}

func (k *sink) take(body io.Reader, _ int64) (err error) {
	var to io.Writer = &k.memory
	if k.file != nil {
		to = k.file
	}
	if _, err = io.CopyN(&k.head, body, headBytes); err != nil && err != io.EOF {
		return err
	}
	k.size, err = io.Copy(io.MultiWriter(to, k.sum), io.MultiReader(bytes.NewReader(k.head.Bytes()), body))
	return err
}

// finish checks what came and makes it durable.
func (k *sink) finish() (content, error) {
	c := content{sum: [32]byte(k.sum.Sum(nil)), data: k.memory.Bytes()}
	if err := checkList(k.head.Bytes(), k.size); err != nil || k.file == nil {
		return c, err
	}
	c.path = k.file.Name()
	if err := k.file.Sync(); err != nil {
		return c, err
	}
	return c, k.file.Close()
}

func (k *sink) discard() {
	if k != nil && k.file != nil {
		_ = k.file.Close()
		_ = os.Remove(k.file.Name())
	}
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("pkihttp: %s has more than %d bytes", filepath.Base(path), limit)
	}
	return b, err
}

const tempPattern = ".tmp-*"

// writeAtomically writes a temporary file beside the target, syncs it, renames it and syncs the folder: after a
// crash there is the old file or the new one.
func writeAtomically(path string, content []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), tempPattern)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(content); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return rename(tmp.Name(), path)
}

func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // only synced
	return d.Sync()
}
