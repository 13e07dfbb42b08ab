package evidence

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"hash/crc32"
	"slices"
	"strings"
	"time"
)

// File is one file of a container.
type File struct {
	Name  string
	Bytes []byte
}

// pack writes the ZIP: mimetype first, stored and without extra fields (EN 319 162-1 §A.1), the others
// by name. The same files and moment give the same bytes.
func pack(files []File, at time.Time) ([]byte, error) {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if err := addFile(w, File{nameMimetype, []byte(MIMEType)}, zip.Store, at); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := addFile(w, f, zip.Deflate, at); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// addFile writes sizes and checksum before the bytes, so that no data descriptor follows them.
func addFile(w *zip.Writer, f File, method uint16, at time.Time) error {
	raw := f.Bytes
	if method == zip.Deflate {
		var err error
		if raw, err = deflate(f.Bytes); err != nil {
			return err
		}
	}
	h := &zip.FileHeader{Name: f.Name, Method: method, CRC32: crc32.ChecksumIEEE(f.Bytes),
		CompressedSize64: uint64(len(raw)), UncompressedSize64: uint64(len(f.Bytes))}
	//lint:ignore SA1019 Modified would add an extra field, which mimetype must not have.
	h.ModifiedDate, h.ModifiedTime = dosTime(at)
	body, err := w.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = body.Write(raw)
	return err
}

func deflate(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// dosTime is how a ZIP keeps a moment: two seconds fine, from 1980 on (APPNOTE §4.4.6).
func dosTime(at time.Time) (date, clock uint16) {
	at = at.UTC()
	year := max(at.Year()-1980, 0)
	date = uint16(at.Day() + int(at.Month())<<5 + year<<9)
	clock = uint16(at.Second()/2 + at.Minute()<<5 + at.Hour()<<11)
	return date, clock
}

// manifest lists the files with their kinds (EN 319 162-1 §A.3, OpenDocument 1.2 part 3).
func manifest(names []string) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">` + "\n" +
		`<manifest:file-entry manifest:full-path="/" manifest:media-type="` + MIMEType + `"/>` + "\n")
	for _, name := range slices.Sorted(slices.Values(names)) {
		if payload(name) {
			b.WriteString(`<manifest:file-entry manifest:full-path="` + name + `" manifest:media-type="` + mimeOf(name) + `"/>` + "\n")
		}
	}
	b.WriteString("</manifest:manifest>\n")
	return b.Bytes()
}
