package catalogue

import "strings"

// place is what is known of one element of a form.
type place struct {
	name    string // of the domain: "iin"; "" for a service's own field
	field   *Field // how the value is checked; nil: not checked here
	leaf    bool   // carries a value
	repeats bool
	codes   map[string]string // of a portal → ours; nil: the value is taken as it is
}

// Elements of one attachment, below the place of attachments.
const (
	attachmentElement = "Attachment"
	attachmentCode    = "Code"
	attachmentName    = "FileName"
	attachmentSHA256  = "SHA256"
	attachmentFileID  = "FileIdentifier" // of the temporary storage, where the file lies there
)

// shapeOf lists every element a form of the service may have.
func shapeOf(s *Service) map[string]*place {
	shape := map[string]*place{}
	for name, path := range s.Fields {
		if name == "attachments" && s.mapping != nil { // read by its layout; only the way there is opened
			if i := strings.LastIndexByte(path, '/'); i > 0 {
				open(shape, path[:i])
			}
			continue
		}
		if name == "attachments" {
			open(shape, path+"/"+attachmentElement).repeats = true
			for _, child := range []string{attachmentCode, attachmentName, attachmentSHA256, attachmentFileID} {
				open(shape, path+"/"+attachmentElement+"/"+child).leaf = true
			}
			continue
		}
		leaf := open(shape, path)
		leaf.leaf, leaf.name = true, name
	}
	for i := range s.Schema {
		leaf := open(shape, s.Schema[i].Path)
		leaf.leaf, leaf.field = true, &s.Schema[i]
	}
	for _, path := range s.Repeats {
		open(shape, path).repeats = true
	}
	return shape
}

// open makes the places of a path and of the elements above it, and returns the last.
func open(shape map[string]*place, path string) *place {
	for i := range path {
		if path[i] == '/' && shape[path[:i]] == nil {
			shape[path[:i]] = &place{}
		}
	}
	if shape[path] == nil {
		shape[path] = &place{}
	}
	return shape[path]
}
