package xmltree_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// FuzzParse wants no panic, an error that is a reason, a tree that holds together, and the elements,
// attributes and text that encoding/xml reads, where it reads the document at all.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		order, `<a/>`, "\uFEFF<?xml version='1.0'?><a b='&#10;'>x<![CDATA[<]]>&amp;<!-- c --><?p q?></a>",
		`<!DOCTYPE a><a/>`, `<a><b></a>`, `<a xmlns:p="urn:p"><p:b p:c=""/></a>`, "<a>\r\n]]&gt;</a>",
		"<a xmlns:p='urn:\t:p'><b p:c=''/></a>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		doc, err := xmltree.Parse(b, xmltree.Limits{Bytes: 1 << 16, Nodes: 5000})
		if err != nil {
			switch code(err) {
			case reason.XMLMalformed, reason.XMLForbidden, reason.TooLarge:
			default:
				t.Fatal(err)
			}
			return
		}
		walk(t, doc.Root)
		if theirs, err := library(b); err == nil && theirs != shown(doc) {
			t.Fatalf("%q\nours    %s\nlibrary %s", b, shown(doc), theirs)
		}
	})
}

// blanks makes white space in attribute values alike: the library does not normalise it (XML 1.0 §3.3.3).
var blanks = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

// shown writes down what a program reads of a document.
func shown(doc *xmltree.Document) string {
	var out strings.Builder
	for i := range doc.Len() {
		switch doc.Kind(i) {
		case xmltree.KindElement:
			e := doc.ElementAt(i)
			fmt.Fprintf(&out, "\n{%s}%s ", blanks.Replace(e.Space()), e.Local())
			from, to := doc.Attributes(i)
			var attrs []string
			for j := from; j < to; j++ {
				a := doc.Attribute(j)
				attrs = append(attrs, fmt.Sprintf("{%s}%s=%q", blanks.Replace(a.Space), a.Local, blanks.Replace(a.Value)))
			}
			slices.Sort(attrs)
			out.WriteString(strings.Join(attrs, " "))
		case xmltree.KindText:
			out.WriteString(doc.Value(i))
		}
	}
	return out.String()
}

// library is the same by encoding/xml.
func library(b []byte) (string, error) {
	var out strings.Builder
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\uFEFF"))))
	for depth := 0; ; {
		token, err := d.Token()
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			fmt.Fprintf(&out, "\n{%s}%s ", blanks.Replace(token.Name.Space), token.Name.Local)
			var attrs []string
			for _, a := range token.Attr {
				if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
					continue
				}
				attrs = append(attrs, fmt.Sprintf("{%s}%s=%q", blanks.Replace(a.Name.Space), a.Name.Local, blanks.Replace(a.Value)))
			}
			slices.Sort(attrs)
			out.WriteString(strings.Join(attrs, " "))
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth > 0 {
				out.Write(token)
			}
		}
	}
}

func walk(t *testing.T, e *xmltree.Element) {
	name, end, _ := e.Place()
	if name <= 0 || end < name || e.Local() == "" {
		t.Fatal("element without a place or name")
	}
	_ = e.Text()
	for _, c := range e.Children() {
		if c.Parent() != e || !e.Contains(c) {
			t.Fatal("a child does not know its parent")
		}
		walk(t, c)
	}
}
