package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kopir/xmlsig/xmltree"
)

// Template is a document to the portal: its elements in order, with facts in braces.
//
//	root: responseMessage
//	qualify: children
//	prefix: ns3
//	elements:
//	  - SystemInfo:
//	      - RequestNumber: "{request_number}"
//	      - AdditionalInfoRu?: "{ru}"     # left out when empty
//	  - Act*:                             # once for every file
//	      - FileName: "{file.name}"
type Template struct {
	Root, Qualify, Prefix string
	Elements              []TemplateElement
}

// TemplateElement is one element: text, or elements below it.
type TemplateElement struct {
	Name     string
	May      bool // left out when empty
	EachFile bool
	Text     string
	Elements []TemplateElement

	line int
}

// Facts are what a document may tell. Missing ones are empty.
type Facts struct {
	Status string            // a word of [PayloadStatuses]
	Values map[string]string // by the names of [FactNames]
	Files  []map[string]string
}

// FactNames are the facts a template may name, beside {status.COLUMN}. Dates may be cut: {due_at|date}.
func FactNames() []string {
	return []string{"request_number", "chain_id", "request_date", "correlation_id", "number", "iin", "bin", "status", "code",
		"step", "kk", "ru", "received_at", "due_at", "now", "outcome", "result",
		"file.code", "file.name", "file.id", "file.sha256", "file.content", "file.number", "file.date"}
}

// factPattern is a fact in a template.
var factPattern = regexp.MustCompile(`\{([a-z_.]+)(\|date)?\}`)

// dateLength is that of 2026-11-23 at the head of a moment.
const dateLength = 10

// Write makes a document. A fact that the template needs and nobody gave is an empty element, unless the
// element may be left out; a status without a row is an error.
func (p *Payload) Write(kind string, f Facts) ([]byte, error) {
	t := p.TemplateFor(kind, f.Status)
	if t == nil {
		return nil, fmt.Errorf("the payload %s has no document for a %s", p.Style, kind)
	}
	row, ok := p.Statuses[f.Status]
	if !ok {
		return nil, fmt.Errorf("the payload %s has no row for the status %q", p.Style, f.Status)
	}
	w := &templateWriter{template: t, facts: f, row: row}
	if p.Variant != VariantTyped && p.Variant != VariantElement {
		w.raw(`<?xml version="1.0" encoding="UTF-8"?>`)
	}
	w.root(p.Namespace)
	return w.buf, nil
}

type templateWriter struct {
	buf      []byte
	template *Template
	facts    Facts
	row      map[string]string
	file     map[string]string
}

func (w *templateWriter) raw(s string) { w.buf = append(w.buf, s...) }

// root declares the namespace where it is used, under the template's prefix or as the default one.
func (w *templateWriter) root(namespace string) {
	t := w.template
	name := w.qualified(t.Root, t.Qualify == QualifyRoot || t.Qualify == QualifyAll)
	w.raw("<" + name)
	if t.Qualify != QualifyNone {
		w.raw(" xmlns")
		if t.Prefix != "" {
			w.raw(":" + t.Prefix)
		}
		w.raw(`="`)
		w.buf = xmltree.EscapeAttr(w.buf, legal(namespace))
		w.raw(`"`)
	}
	w.raw(">")
	w.elements(t.Elements)
	w.raw("</" + name + ">")
}

func (w *templateWriter) qualified(name string, in bool) string {
	if !in || w.template.Prefix == "" {
		return name
	}
	return w.template.Prefix + ":" + name
}

func (w *templateWriter) elements(list []TemplateElement) {
	for _, e := range list {
		if !e.EachFile {
			w.element(e)
			continue
		}
		for _, file := range w.facts.Files {
			w.file = file
			w.element(e)
		}
		w.file = nil
	}
}

func (w *templateWriter) element(e TemplateElement) {
	name := w.qualified(e.Name, w.template.Qualify == QualifyChildren || w.template.Qualify == QualifyAll)
	before := len(w.buf)
	w.raw("<" + name + ">")
	start := len(w.buf)
	if len(e.Elements) > 0 {
		w.elements(e.Elements)
	} else {
		w.buf = xmltree.EscapeText(w.buf, legal(w.fill(e.Text)))
	}
	if e.May && len(w.buf) == start {
		w.buf = w.buf[:before]
		return
	}
	w.raw("</" + name + ">")
}

func (w *templateWriter) fill(text string) string {
	return factPattern.ReplaceAllStringFunc(text, func(found string) string {
		m := factPattern.FindStringSubmatch(found)
		v := w.fact(m[1])
		if m[2] != "" && len(v) > dateLength {
			v = v[:dateLength]
		}
		return v
	})
}

func (w *templateWriter) fact(name string) string {
	if column, ok := strings.CutPrefix(name, "status."); ok {
		return w.row[column]
	}
	if part, ok := strings.CutPrefix(name, "file."); ok {
		return w.file[part]
	}
	return w.facts.Values[name]
}

// Needs says whether a template tells this fact.
func (t *Template) Needs(fact string) bool {
	return t != nil && slices.Contains(t.facts(), fact)
}

// facts lists the facts of a template, without their cuts.
func (t *Template) facts() []string {
	var list []string
	eachElement(t.Elements, func(e TemplateElement) {
		for _, m := range factPattern.FindAllStringSubmatch(e.Text, -1) {
			list = append(list, m[1])
		}
	})
	return list
}

func eachElement(list []TemplateElement, visit func(TemplateElement)) {
	for _, e := range list {
		visit(e)
		eachElement(e.Elements, visit)
	}
}

// legal replaces what XML 1.0 §2.2 cannot hold; no escape can carry it.
func legal(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
			return r
		}
		return '\uFFFD'
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
