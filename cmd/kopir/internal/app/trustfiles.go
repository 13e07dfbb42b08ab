package app

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
)

// trustFolder lies in the data folder; what the operator puts there is trusted.
const trustFolder = "trust"

// noteSuffix names the file beside a certificate that says why it is trusted.
const noteSuffix = ".reason.json"

// Origins of a trusted certificate.
const (
	OriginFolder  = "folder"  // the trust folder
	OriginAnchors = "anchors" // trust.anchors of the configuration
	OriginGeneric = "generic" // trust.generic of the configuration
)

// TrustNote is what was recorded when an authority was brought that the program does not pin, or for another
// purpose than its usual one.
type TrustNote struct {
	SHA256  string    `json:"sha256"`
	Reason  string    `json:"reason"`
	Actor   string    `json:"actor"`
	At      time.Time `json:"at"`
	Generic bool      `json:"generic,omitempty"` // its signers have the generic purpose
	Anchor  bool      `json:"anchor,omitempty"`  // trusted itself, although another authority issued it
}

// TrustEntry is one CA certificate that is trusted, or a file that ought to hold some.
type TrustEntry struct {
	File       string
	Origin     string
	Err        error            // why the file is of no use
	Cert       *pki.Certificate // nil with Err
	Note       *TrustNote       // nil without one
	Anchor     bool             // trusted itself; others serve path building
	Purpose    pki.Purpose      // of signers below it
	OwnPurpose bool             // the purpose is its own and not that of the anchor above it
}

// Pinned is the national authority the certificate is; nil for every other.
func (e TrustEntry) Pinned() *pki.National {
	if e.Cert == nil {
		return nil
	}
	if n, ok := e.Cert.Pinned(); ok {
		return &n
	}
	return nil
}

// TrustFolder is where the operator's CA certificates lie.
func TrustFolder(cfg config.Config) string { return filepath.Join(cfg.Data, trustFolder) }

// ReadTrust reads all that is trusted: of the trust folder self-signed authorities are anchors and the others serve
// path building only, unless a note says otherwise; the configured ones are trusted themselves.
func ReadTrust(cfg config.Config) []TrustEntry {
	entries := readTrust([]string{TrustFolder(cfg)}, OriginFolder)
	entries = append(entries, readTrust(cfg.Trust.Anchors, OriginAnchors)...)
	return append(entries, readTrust(cfg.Trust.Generic, OriginGeneric)...)
}

func readTrust(paths []string, origin string) (entries []TrustEntry) {
	for _, path := range paths {
		files, err := filesOf(path)
		if err != nil {
			entries = append(entries, TrustEntry{File: path, Origin: origin, Err: err})
		}
		for _, file := range files {
			entries = append(entries, readTrustFile(file, origin)...)
		}
	}
	return entries
}

// readTrustFile reads the certificates of one file: PEM, or one in DER.
func readTrustFile(file, origin string) []TrustEntry {
	b, err := os.ReadFile(file)
	if err != nil {
		return []TrustEntry{{File: file, Origin: origin, Err: err}}
	}
	note, err := readNote(file)
	if err != nil {
		return []TrustEntry{{File: file, Origin: origin, Err: err}}
	}
	certs, err := pki.ParseAll(b)
	var entries []TrustEntry
	for _, c := range certs {
		entries = append(entries, newTrustEntry(file, origin, c, note))
	}
	if err != nil {
		entries = append(entries, TrustEntry{File: file, Origin: origin, Err: err})
	}
	return entries
}

// newTrustEntry decides how a certificate is trusted.
func newTrustEntry(file, origin string, c *pki.Certificate, note *TrustNote) TrustEntry {
	e := TrustEntry{File: file, Origin: origin, Cert: c, Anchor: origin != OriginFolder || c.SelfSigned(), OwnPurpose: true}
	pinned := e.Pinned()
	switch {
	case note != nil && note.SHA256 != hex.EncodeToString(c.SHA256[:]):
		return TrustEntry{File: file, Origin: origin, Err: errors.New("its note " + noteSuffix + " was written for another certificate")}
	case note != nil:
		e.Note, e.Anchor = note, e.Anchor || note.Anchor
	}
	switch {
	case origin == OriginGeneric || note != nil && note.Generic:
		e.Purpose = pki.PurposeGeneric
	case pinned != nil:
		e.Purpose = pinned.Purpose
	default:
		e.OwnPurpose = e.Anchor
	}
	e.Anchor = e.Anchor && c.IsCA
	return e
}

func readNote(file string) (*TrustNote, error) {
	b, err := os.ReadFile(file + noteSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	note := new(TrustNote)
	if err := json.Unmarshal(b, note); err != nil {
		return nil, fmt.Errorf("its note %s is unreadable: %w", noteSuffix, err)
	}
	return note, nil
}

// eachCertificate reads PEM or DER files and whole folders; the first that does not parse ends it.
func eachCertificate(paths []string, fn func(file string, c *pki.Certificate)) error {
	for _, path := range paths {
		files, err := filesOf(path)
		if err != nil {
			return err
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			certs, err := pki.ParseAll(b)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			for _, c := range certs {
				fn(file, c)
			}
		}
	}
	return nil
}

// filesOf lists a folder's files, or the file itself; the trust folder need not be there. Notes and hidden files,
// which half-written ones are, hold no certificates.
func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && filepath.Base(path) == trustFolder {
		return nil, nil
	}
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	entries, err := os.ReadDir(path)
	var files []string
	for _, e := range entries {
		name := e.Name()
		if e.Type().IsRegular() && !strings.HasSuffix(name, noteSuffix) && !strings.HasPrefix(name, ".") {
			files = append(files, filepath.Join(path, name))
		}
	}
	return files, err
}
