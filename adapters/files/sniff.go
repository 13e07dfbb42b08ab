package files

import (
	"bytes"
	"net/http"
	"strings"
)

// HeadBytes is what [Sniff] wants to see of a file: office documents name their parts in the first entries.
const HeadBytes = 4 << 10

// Media types that are not told by the first octets alone.
const (
	typeZIP  = "application/zip"
	typeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	typePPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
)

// magic is what http.DetectContentType (the WHATWG table) does not know.
var magic = []struct{ prefix, media string }{
	{"II*\x00", "image/tiff"},
	{"MM\x00*", "image/tiff"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"}, // .doc, .xls of before 2007
	{"{\\rtf", "application/rtf"},
	{"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{"MZ", "application/x-msdownload"},
	{"\x7fELF", "application/x-executable"},
}

// Sniff tells a media type by the first octets, never by the name the sender gave.
func Sniff(head []byte) string {
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return m.media
		}
	}
	media, _, _ := strings.Cut(http.DetectContentType(head), ";")
	switch media {
	case typeZIP:
		return insideZIP(head)
	case "text/xml":
		return "application/xml"
	}
	return media
}

// Offsets in a ZIP's local file header (APPNOTE 4.3.7).
const (
	zipNameLength  = 26
	zipExtraLength = 28
	zipName        = 30
)

// insideZIP looks for what an office writes into the head of its ZIP: OPC packages begin with
// [Content_Types].xml or _rels, OpenDocument and ASiC with an uncompressed entry called mimetype.
func insideZIP(head []byte) string {
	if len(head) < zipName {
		return typeZIP
	}
	name := int(head[zipNameLength]) | int(head[zipNameLength+1])<<8
	extra := int(head[zipExtraLength]) | int(head[zipExtraLength+1])<<8
	first, rest, _ := cutAt(head[zipName:], name)
	switch first {
	case "mimetype":
		_, body, _ := cutAt(rest, extra)
		end := bytes.Index(body, []byte("PK"))
		if declared := string(body[:max(end, 0)]); strings.HasPrefix(declared, "application/vnd.") {
			return declared
		}
	case "[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "docProps/core.xml":
		for _, part := range []struct{ folder, media string }{{"word/", typeDOCX}, {"xl/", typeXLSX}, {"ppt/", typePPTX}} {
			if bytes.Contains(rest, []byte(part.folder)) {
				return part.media
			}
		}
	}
	return typeZIP
}

// cutAt parts b after n octets, or where it ends.
func cutAt(b []byte, n int) (string, []byte, bool) {
	if n > len(b) {
		return string(b), nil, false
	}
	return string(b[:n]), b[n:], true
}
