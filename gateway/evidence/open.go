package evidence

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"kopir/gateway"
)

// Bounds of a container that is read: nobody knows where it comes from.
const (
	// MaxContainer leaves room for several full lists; the largest national one has 22 MB.
	MaxContainer = 192 << 20
	maxFiles     = 1024
	maxFile      = 64 << 20
	maxUnpacked  = 256 << 20
	// maxRatio is above what deflate makes of JSON and XML of cases; zeros pack a thousandfold.
	maxRatio     = 200
	ratioApplies = 1 << 20 // unpacked bytes below which no ratio is asked for
)

// container is one that was read: every file within bounds, under a plain name that occurs once.
type container struct {
	files    map[string][]byte
	digests  map[string]string // SHA-256 of each, made once
	names    []string          // in the order of the ZIP
	repacked bool              // the packing is not the one this package writes
	tight    bool              // read from the front it has the same files as read by its directory
}

// plainName is what this package writes: folders and files of plain letters.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*(\.[a-z]+)?$`)

var errContainer = errors.New("this is not an evidence container")

func notContainer(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errContainer, fmt.Sprintf(format, args...))
}

// open reads a ZIP within bounds.
func open(b []byte) (*container, error) {
	if len(b) > MaxContainer {
		return nil, notContainer("it is larger than %d bytes", MaxContainer)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, notContainer("it is no ZIP that can be read")
	}
	if len(z.File) > maxFiles {
		return nil, notContainer("it has more than %d files", maxFiles)
	}
	c := &container{files: map[string][]byte{}, digests: map[string]string{}}
	if err := c.read(z); err != nil {
		return nil, err
	}
	if len(c.names) == 0 || c.names[0] != nameMimetype || string(c.files[nameMimetype]) != MIMEType || z.File[0].Method != zip.Store {
		return nil, notContainer("it does not begin with the mimetype %s, stored", MIMEType)
	}
	c.repacked, c.tight = !samePacking(b, z), tight(b, z)
	return c, nil
}

func (c *container) read(z *zip.Reader) error {
	seen, total := map[string]bool{}, uint64(0)
	for _, f := range z.File {
		switch fold := strings.ToLower(f.Name); {
		case !plainName.MatchString(f.Name) || len(f.Name) > 200:
			return notContainer("a file's name is not one of a container")
		case seen[fold]:
			return notContainer("%s is there twice", f.Name)
		case !f.Mode().IsRegular() || f.Flags&1 != 0:
			return notContainer("%s is no plain file", f.Name)
		case f.UncompressedSize64 > maxFile || total+f.UncompressedSize64 > maxUnpacked:
			return notContainer("%s unpacks to too much", f.Name)
		case f.UncompressedSize64 > ratioApplies && f.UncompressedSize64/maxRatio > f.CompressedSize64:
			return notContainer("%s is packed too tightly to be evidence", f.Name)
		default:
			seen[fold], total = true, total+f.UncompressedSize64
		}
		body, err := readFile(f)
		if err != nil {
			return notContainer("%s cannot be unpacked: it was damaged", f.Name)
		}
		c.files[f.Name], c.digests[f.Name] = body, gateway.SHA256Hex(body)
		c.names = append(c.names, f.Name)
	}
	return nil
}

// readFile believes no size of the directory.
func readFile(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, int64(f.UncompressedSize64)+1))
	if err == nil && uint64(len(body)) != f.UncompressedSize64 {
		err = io.ErrUnexpectedEOF
	}
	return body, err
}

// samePacking writes the packed files once more and compares: whatever stands between, before or
// behind them, or in headers that readers pass over, makes a difference.
func samePacking(b []byte, z *zip.Reader) bool {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		h := &zip.FileHeader{Name: f.Name, Method: f.Method, CRC32: f.CRC32, CompressedSize64: f.CompressedSize64,
			UncompressedSize64: f.UncompressedSize64}
		//lint:ignore SA1019 as they stand in the file.
		h.ModifiedDate, h.ModifiedTime = f.ModifiedDate, f.ModifiedTime
		raw, err := f.OpenRaw()
		if err != nil {
			return false
		}
		body, err := w.CreateRaw(h)
		if err != nil {
			return false
		}
		if _, err := io.Copy(body, raw); err != nil {
			return false
		}
	}
	return w.Close() == nil && bytes.Equal(out.Bytes(), b)
}
