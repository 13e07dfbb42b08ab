package xmltree_test

import (
	"testing"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// FuzzParse wants no panic, an error that is a reason, and a tree that holds together.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		order, `<a/>`, "\uFEFF<?xml version='1.0'?><a b='&#10;'>x<![CDATA[<]]>&amp;<!-- c --><?p q?></a>",
		`<!DOCTYPE a><a/>`, `<a><b></a>`, `<a xmlns:p="urn:p"><p:b p:c=""/></a>`, "<a>\r\n]]&gt;</a>",
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
	})
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
