package evidence

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"kopir/xmlsig"
)

// Bundle is everything of one case, before it is sealed.
type Bundle struct {
	Number string
	At     time.Time // when it was collected; the seal's SigningTime
	files  map[string][]byte
	notes  []string
}

func newBundle(number string, at time.Time) *Bundle {
	return &Bundle{Number: number, At: at.UTC().Truncate(time.Second), files: map[string][]byte{}}
}

// Notes say what is not in the bundle, and why.
func (b *Bundle) Notes() []string { return b.notes }

func (b *Bundle) notef(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

func (b *Bundle) add(name string, body []byte) { b.files[name] = body }

// addJSON writes v so that people can read it, Kazakh letters as they are.
func (b *Bundle) addJSON(name string, v any) error {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	b.add(name, []byte(out.String()))
	return nil
}

// Seal signs all files with the gateway's key and gives the container. A national or ECDSA signature
// draws from random.
func (b *Bundle) Seal(key xmlsig.Key, random io.Reader) ([]byte, error) {
	var covered []xmlsig.DetachedFile
	var names []string
	files := b.list()
	for _, f := range files {
		covered = append(covered, xmlsig.DetachedFile{URI: f.Name, MIME: mimeOf(f.Name), Bytes: f.Bytes})
		names = append(names, f.Name)
	}
	signatures, err := xmlsig.SignDetached(covered, key, xmlsig.DetachedOptions{At: b.At, SignOptions: xmlsig.SignOptions{Rand: random}})
	if err != nil {
		return nil, err
	}
	files = append(files, File{nameManifest, manifest(names)}, File{nameSignatures, signatures})
	return pack(files, b.At)
}

// list gives the files by name.
func (b *Bundle) list() []File {
	var files []File
	for _, name := range sortedKeys(b.files) {
		files = append(files, File{name, b.files[name]})
	}
	return files
}
