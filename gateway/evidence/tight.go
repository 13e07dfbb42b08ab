package evidence

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// Records of a ZIP (APPNOTE §4.3): what they begin with, and the length of the fixed part.
const (
	localHeader    = "PK\x03\x04"
	centralHeader  = "PK\x01\x02"
	endRecord      = "PK\x05\x06"
	localLength    = 30
	endLength      = 22
	streamedSizes  = 8 // flag: sizes stand behind the bytes
	descriptorStep = 4 // a descriptor has 12 to 24 octets: with or without a signature, of 4 or 8 octets a size
)

// tight tells whether the files lie one behind the other, under the names the directory gives them, from the first
// octet to the directory, and the directory ends the ZIP: whoever reads it from the front, as Java's streams do,
// or looks for another directory then finds the same files.
func tight(b []byte, z *zip.Reader) bool {
	files := slices.Clone(z.File)
	offset := func(f *zip.File) int64 { at, _ := f.DataOffset(); return at }
	slices.SortFunc(files, func(f, g *zip.File) int { return cmp.Compare(offset(f), offset(g)) })
	at := 0
	for _, f := range files {
		begin, ok := contentOf(b, at, f.Name)
		if !ok || int64(begin) != offset(f) || f.CompressedSize64 > uint64(len(b)-begin) {
			return false
		}
		if at = begin + int(f.CompressedSize64); f.Flags&streamedSizes != 0 {
			at = behindDescriptor(b, at)
		}
	}
	return endsAt(b, at)
}

// contentOf finds the bytes of the file whose local header stands at an offset.
func contentOf(b []byte, at int, name string) (begin int, ok bool) {
	if len(b)-at < localLength+len(name) || !bytes.HasPrefix(b[at:], []byte(localHeader)) {
		return 0, false
	}
	header := b[at : at+localLength]
	length, extra := binary.LittleEndian.Uint16(header[26:]), binary.LittleEndian.Uint16(header[28:])
	begin = at + localLength + len(name)
	return begin + int(extra), int(length) == len(name) && string(b[at+localLength:begin]) == name
}

// behindDescriptor is where the record after a data descriptor begins.
func behindDescriptor(b []byte, at int) int {
	for n := 12; n <= 24; n += descriptorStep {
		if rest := b[min(at+n, len(b)):]; bytes.HasPrefix(rest, []byte(localHeader)) || bytes.HasPrefix(rest, []byte(centralHeader)) {
			return at + n
		}
	}
	return at
}

// endsAt tells whether the directory begins at an offset, reaches up to the end record, and that is the last.
func endsAt(b []byte, at int) bool {
	end := len(b) - endLength
	if end < at || !bytes.HasPrefix(b[end:], []byte(endRecord)) {
		return false
	}
	size, begin := binary.LittleEndian.Uint32(b[end+12:]), binary.LittleEndian.Uint32(b[end+16:])
	return int64(begin) == int64(at) && int64(begin)+int64(size) == int64(end)
}
