package envelope

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kopir/xmlsig/xmltree"
)

// Write makes a SOAP 1.1 envelope around one of the message types. It refuses what the official
// schema refuses, so that nothing wrong is signed and sent.
func Write(body any) ([]byte, error) {
	w := &writer{buf: make([]byte, 0, 2048)}
	w.raw(`<soapenv:Envelope xmlns:soapenv="` + NSSoap + `"><soapenv:Header/><soapenv:Body>`)
	w.body(body)
	w.raw(`</soapenv:Body></soapenv:Envelope>`)
	if w.err != nil {
		return nil, w.err
	}
	return w.buf, nil
}

// writer builds text and keeps the first error.
type writer struct {
	buf []byte
	err error
}

func (w *writer) raw(s string) { w.buf = append(w.buf, s...) }

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("envelope: "+format, args...)
	}
}

// open starts an element in no namespace; the wrapper's is bound to a prefix, never by default.
func (w *writer) open(name string)  { w.raw("<" + name + ">") }
func (w *writer) close(name string) { w.raw("</" + name + ">") }

// must writes an element that has to be there; an empty value is refused.
func (w *writer) must(name, value string) {
	if value == "" {
		w.fail("%s is empty", name)
	}
	w.element(name, value)
}

// may writes an element that is left out when empty.
func (w *writer) may(name, value string) {
	if value != "" {
		w.element(name, value)
	}
}

func (w *writer) element(name, value string) {
	w.open(name)
	w.text(value)
	w.close(name)
}

func (w *writer) text(s string) { w.buf = AppendText(w.buf, s) }

func (w *writer) date(name string, t time.Time) {
	if t.IsZero() {
		w.fail("%s is not set", name)
		return
	}
	w.element(name, FormatDate(t))
}

func (w *writer) mayDate(name string, t time.Time) {
	if !t.IsZero() {
		w.date(name, t)
	}
}

// guid writes an id with its braces; one that is no GUID is left out, or refused where it has to be there.
func (w *writer) guid(name, value string, needed bool) {
	switch g := GUID(value); {
	case g != "":
		w.element(name, g)
	case needed:
		w.fail("%s is not a guid", name)
	}
}

func (w *writer) oneOf(name, value string, words ...string) {
	for _, word := range words {
		if value == word {
			w.element(name, value)
			return
		}
	}
	w.fail("%s: %q is none of %v", name, value, words)
}

// Lengths of the official schema.
const (
	maxPropertyKey   = 30
	maxPropertyValue = 500
	maxStatusMessage = 250
)

func (w *writer) properties(list []Property) {
	for _, p := range list {
		if utf8.RuneCountInString(p.Key) > maxPropertyKey || utf8.RuneCountInString(p.Value) > maxPropertyValue {
			w.fail("the property %.30q is longer than %d and %d characters", p.Key, maxPropertyKey, maxPropertyValue)
		}
		w.open("properties")
		w.element("key", p.Key)
		w.element("value", p.Value)
		w.close("properties")
	}
}

func (w *writer) sender(s SenderInfo) {
	w.open("sender")
	w.must("senderId", s.ID)
	w.may("password", s.Password)
	w.close("sender")
}

// status shortens a long message: a refusal must not fail because it explains itself.
func (w *writer) status(s StatusInfo) {
	w.open("status")
	w.must("code", s.Code)
	w.element("message", shorten(s.Message, maxStatusMessage))
	w.close("status")
}

func shorten(s string, runes int) string {
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes-1]) + "…"
}

// data writes an escaped string, typed as the captured messages type it.
func (w *writer) data(d Data, needed bool) {
	switch d.Form {
	case FormText:
		w.raw(`<data xmlns:xs="` + nsXS + `" xmlns:xsi="` + nsXSI + `" xsi:type="xs:string">`)
		w.text(d.text)
		w.raw(`</data>`)
	case FormElement, FormTyped:
		w.buf = standalone(w.buf, d.elem)
	default:
		if needed {
			w.raw(`<data/>`)
		}
	}
}

// legal replaces what XML 1.0 §2.2 cannot hold; no escape can carry it.
func legal(s string) string {
	ok := func(r rune) bool {
		return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		if ok(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

// AppendText appends s as character data, whatever it holds.
func AppendText(dst []byte, s string) []byte { return xmltree.EscapeText(dst, legal(s)) }

// FormatDate writes a moment as the envelope's dates are written.
func FormatDate(t time.Time) string { return t.In(zone).Format(dateLayout) }
