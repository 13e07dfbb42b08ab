package schemas

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Languages of every text, in the order they are shown: the state language first.
func Languages() []string { return []string{"kk", "ru", "en"} }

// CodeText is what is said about one reason code, to machines and to people.
type CodeText struct {
	Code     string            `yaml:"code"`
	HTTP     int               `yaml:"http"`
	SHEP     string            `yaml:"shep"`
	SHEPKind string            `yaml:"shep_kind"` // "fault": a SOAP fault with that errorCode; "status": HTTP 200 with that status code
	KK       string            `yaml:"kk"`        // one sentence for the applicant
	RU       string            `yaml:"ru"`
	Operator map[string]string `yaml:"operator"` // likely cause and what to do, by language
}

// Kinds of a SHEP code.
const (
	SHEPFault  = "fault"
	SHEPStatus = "status"
)

var codes = sync.OnceValues(func() ([]CodeText, error) { return ReadCodes(FS) })

// Codes returns the embedded table of reason codes, in the order of the file.
func Codes() ([]CodeText, error) {
	list, err := codes()
	return slices.Clone(list), err
}

// ReadCodes reads and checks codes.yaml of fsys.
func ReadCodes(fsys fs.FS) ([]CodeText, error) {
	var list []CodeText
	if err := readStrict(fsys, "codes.yaml", &list); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, c := range list {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("codes.yaml: entry %d (%s): %w", i+1, c.Code, err)
		}
		if seen[c.Code] {
			return nil, fmt.Errorf("codes.yaml: code %s is there twice", c.Code)
		}
		seen[c.Code] = true
	}
	return list, nil
}

func (c CodeText) check() error {
	switch {
	case c.Code == "":
		return fmt.Errorf("has no code")
	case c.HTTP < 400 || c.HTTP > 599:
		return fmt.Errorf("http %d is not an error status", c.HTTP)
	case c.SHEPKind != SHEPFault && c.SHEPKind != SHEPStatus:
		return fmt.Errorf("shep_kind %q is neither fault nor status", c.SHEPKind)
	case c.SHEP == "":
		return fmt.Errorf("has no shep code")
	case c.KK == "" || c.RU == "":
		return fmt.Errorf("lacks a sentence for the applicant in kk or ru")
	}
	for _, lang := range Languages() {
		if c.Operator[lang] == "" {
			return fmt.Errorf("lacks the operator's text in %s", lang)
		}
	}
	return nil
}

// Texts maps a language to its texts by key.
type Texts map[string]map[string]string

var texts = sync.OnceValues(func() (Texts, error) { return ReadTexts(FS) })

// Text returns one text of the pages and notices. A language that is not known is answered in
// English; a key that is not known is answered with the key, so that a gap is seen, not hidden.
func Text(lang, key string) string {
	all, err := texts()
	if err != nil {
		return key
	}
	for _, l := range []string{lang, "en"} {
		if t, ok := all[l][key]; ok {
			return t
		}
	}
	return key
}

// ReadTexts reads texts/{kk,ru,en}.yaml of fsys.
func ReadTexts(fsys fs.FS) (Texts, error) {
	all := Texts{}
	for _, lang := range Languages() {
		var one map[string]string
		if err := readStrict(fsys, "texts/"+lang+".yaml", &one); err != nil {
			return nil, err
		}
		all[lang] = one
	}
	return all, nil
}

func readStrict(fsys fs.FS, name string, into any) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
