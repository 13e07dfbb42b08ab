package catalogue

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"kopir/schemas"
)

// payloadFile is shep.payload of a service, or a style. README of the fields: payloads/system-info.yaml.
type payloadFile struct {
	Style        string                       `yaml:"style"`
	Variant      string                       `yaml:"variant"`
	Namespace    string                       `yaml:"namespace"`
	Request      *payloadRequestFile          `yaml:"request"`
	Statuses     map[string]map[string]string `yaml:"statuses"`
	Notification *templateFile                `yaml:"notification"`
	Response     *templateFile                `yaml:"response"`
	Refusal      *templateFile                `yaml:"refusal"`
	Samples      []sampleFile                 `yaml:"samples"`
}

type payloadRequestFile struct {
	Root    string                       `yaml:"root"`
	Qualify string                       `yaml:"qualify"`
	Match   map[string]string            `yaml:"match"`
	Keyed   map[string]string            `yaml:"keyed"`
	Fields  map[string]string            `yaml:"fields"`
	Values  map[string]string            `yaml:"values"`
	Repeats map[string]string            `yaml:"repeats"`
	Codes   map[string]map[string]string `yaml:"codes"`
	File    fileLayoutFile               `yaml:"file"`
}

type fileLayoutFile struct {
	Code    string `yaml:"code"`
	Name    string `yaml:"name"`
	SHA256  string `yaml:"sha256"`
	ID      string `yaml:"id"`
	Content string `yaml:"content"`
}

type templateFile struct {
	Root     string    `yaml:"root"`
	Qualify  string    `yaml:"qualify"`
	Prefix   string    `yaml:"prefix"`
	Elements yaml.Node `yaml:"elements"`
}

type sampleFile struct {
	Request string            `yaml:"request"`
	Expect  map[string]string `yaml:"expect"`
	Status  string            `yaml:"status"`
	Golden  string            `yaml:"golden"`
}

// style is one file of payloads/: as it is written, for services to build on, and by itself.
type style struct {
	file    payloadFile
	payload *Payload // nil when it has mistakes
}

// readStyles reads payloads/*.yaml; those the folder lacks come from the program.
func readStyles(fsys fs.FS, problems *ProblemList) map[string]style {
	styles := map[string]style{}
	for _, from := range []fs.FS{fsys, schemas.FS} {
		names, _ := fs.Glob(from, "payloads/*.yaml")
		for _, name := range names {
			key := strings.TrimSuffix(path.Base(name), ".yaml")
			if _, known := styles[key]; !known {
				styles[key] = readStyle(from, name, key, problems)
			}
		}
	}
	return styles
}

func readStyle(fsys fs.FS, name, key string, problems *ProblemList) style {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		problems.Add(name, 0, "cannot be read: %v", err)
		return style{}
	}
	var f payloadFile
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		explain(name, err, problems)
		return style{}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(raw, &root); err != nil {
		explain(name, err, problems)
		return style{}
	}
	before := len(*problems)
	b := &builder{file: name, root: &root, problems: problems}
	if f.Style != "" {
		b.fail(at("style"), "a style is not built on another")
	}
	f.Style = key
	p := b.payloadOf(f, nil)
	if len(*problems) > before {
		return style{}
	}
	return style{file: f, payload: p}
}

// over is the style with what a service's own section says over it. Its samples prove the style, not the service.
func (f payloadFile) over(base payloadFile) payloadFile {
	out := base
	out.Samples = f.Samples
	pick(&out.Variant, f.Variant)
	pick(&out.Namespace, f.Namespace)
	out.Statuses = map[string]map[string]string{}
	for word, row := range base.Statuses {
		out.Statuses[word] = row
	}
	for word, row := range f.Statuses {
		out.Statuses[word] = merged(base.Statuses[word], row)
	}
	for _, t := range []struct {
		to  **templateFile
		own *templateFile
	}{{&out.Notification, f.Notification}, {&out.Response, f.Response}, {&out.Refusal, f.Refusal}} {
		if t.own != nil {
			*t.to = t.own
		}
	}
	if f.Request != nil {
		out.Request = f.Request.over(base.Request)
	}
	return out
}

func (f *payloadRequestFile) over(base *payloadRequestFile) *payloadRequestFile {
	if base == nil {
		return f
	}
	out := *base
	pick(&out.Root, f.Root)
	pick(&out.Qualify, f.Qualify)
	out.Match, out.Keyed, out.Fields = merged(base.Match, f.Match), merged(base.Keyed, f.Keyed), merged(base.Fields, f.Fields)
	out.Values, out.Repeats, out.Codes = merged(base.Values, f.Values), merged(base.Repeats, f.Repeats), merged(base.Codes, f.Codes)
	if f.File != (fileLayoutFile{}) {
		out.File = f.File
	}
	return &out
}

func pick(to *string, own string) {
	if own != "" {
		*to = own
	}
}

// Style is a style of the program by its name, as a service has it that adds nothing of its own.
func Style(name string) (*Payload, error) {
	var problems ProblemList
	styles := readStyles(schemas.FS, &problems)
	if len(problems) > 0 {
		return nil, &problems
	}
	if styles[name].payload == nil {
		return nil, fmt.Errorf("there is no style %q", name)
	}
	return styles[name].payload, nil
}
