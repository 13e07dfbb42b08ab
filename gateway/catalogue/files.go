package catalogue

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// Files is what may be attached to an application of the service.
type Files struct {
	Types     []string // media types as the octets show them
	Uncovered string   // of a file the signed form does not name: show or refuse
	Missing   string   // of a required file that came neither with the message nor in it: await or refuse
}

// What a service's owner may want done.
const (
	UncoveredShow   = "show"
	UncoveredRefuse = "refuse"
	MissingAwait    = "await"
	MissingRefuse   = "refuse"
)

// mediaTypes are the short names a service's list is written in.
var mediaTypes = map[string]string{
	"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png", "tiff": "image/tiff", "xml": "application/xml",
	"docx":  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx":  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"odt":   "application/vnd.oasis.opendocument.text",
	"asice": "application/vnd.etsi.asic-e+zip", "zip": "application/zip",
}

// DefaultFiles is what holds where a service says nothing.
func DefaultFiles() Files {
	return Files{Types: []string{mediaTypes["pdf"], mediaTypes["jpeg"], mediaTypes["png"]}, Uncovered: UncoveredShow, Missing: MissingAwait}
}

// Takes says whether a file of this media type may be attached.
func (f Files) Takes(media string) bool { return slices.Contains(f.Types, media) }

// Missing are the documents the channel requires that are not among these.
func (s *Service) Missing(codes []string, channel string) []string {
	var have []Attachment
	for _, code := range codes {
		have = append(have, Attachment{Code: code})
	}
	return s.missingDocuments(have, channel)
}

// Names are the short names of what may be attached.
func (f Files) Names() string {
	var names []string
	for _, media := range f.Types {
		names = append(names, TypeName(media))
	}
	return strings.Join(names, ", ")
}

// TypeName is the short name of a media type, "" where it has none.
func TypeName(media string) string {
	for _, name := range slices.Sorted(maps.Keys(mediaTypes)) {
		if mediaTypes[name] == media {
			return name
		}
	}
	return ""
}

// filesFile is the section files of a service.
type filesFile struct {
	Types     []string `yaml:"types"`
	Uncovered string   `yaml:"uncovered"`
	Missing   string   `yaml:"missing"`
}

func (b *builder) files(s *Service, f *filesFile) {
	s.Files = DefaultFiles()
	if f == nil {
		return
	}
	if f.Types != nil {
		b.someOf(f.Types, at("files", "types"), slices.Sorted(maps.Keys(mediaTypes))...)
		s.Files.Types = nil
		for _, name := range f.Types {
			s.Files.Types = append(s.Files.Types, mediaTypes[name])
		}
	}
	if f.Uncovered != "" {
		b.oneOf(f.Uncovered, at("files", "uncovered"), UncoveredShow, UncoveredRefuse)
		s.Files.Uncovered = f.Uncovered
	}
	if f.Missing != "" {
		b.oneOf(f.Missing, at("files", "missing"), MissingAwait, MissingRefuse)
		s.Files.Missing = f.Missing
	}
}

// typeFile is the type of a field that holds a file in base64.
const typeFile = "file"

// fileFields demands that a file in the form says which document it is.
func (b *builder) fileFields(s *Service) {
	for i, f := range s.Schema {
		named := slices.ContainsFunc(s.Documents, func(d Document) bool { return d.Code == f.Document })
		switch {
		case f.Type == typeFile && !named:
			b.fail(at("schema", i), "schema: %s: a file says in document which of the service's documents it is, not %q", f.Path, f.Document)
		case f.Type != typeFile && f.Document != "":
			b.fail(at("schema", i), "schema: %s: only a file is a document", f.Path)
		case f.Type == typeFile && (f.Max != 0 || f.Pattern != ""):
			b.fail(at("schema", i), "schema: %s: a file has neither max nor pattern; the message as a whole is bounded", f.Path)
		}
	}
}

// embedded takes a file out of the form. Its digest stands for it among the fields.
func (r *reader) embedded(f *Field, shown, v string) {
	if v == "" {
		r.form.Fields[shown] = ""
		return
	}
	if strings.ContainsAny(v, " \t") { // an XML writer may have folded and indented it
		v = strings.Join(strings.Fields(v), "")
	}
	content, err := base64.StdEncoding.DecodeString(v)
	if err != nil || len(content) == 0 {
		r.complain(shown, "is not a file in base64")
		return
	}
	sum := sha256.Sum256(content)
	a := Attachment{Code: f.Document, Name: f.Path[strings.LastIndexByte(f.Path, '/')+1:], SHA256: hex.EncodeToString(sum[:]), Content: content}
	if len(r.form.Attachments) >= maxFiles {
		r.complain(shown, "is one file too many")
		return
	}
	r.form.Fields[shown] = a.SHA256
	r.form.Attachments = append(r.form.Attachments, a)
}

// maxFiles bounds the files of one application, wherever they come from.
const maxFiles = 2 * maxRepeats
